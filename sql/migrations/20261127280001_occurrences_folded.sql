-- migrate:up

-- Kept, since a join that hashes on an expression works it out of every occurrence that there ever was, at every poll.
alter table core.occurrences
add column folded_code text not null generated always as (core.folded(occurrence_code)) stored;
create index on core.occurrences (folded_code);
drop index core.occurrences_folded_idx;
analyze core.occurrences (folded_code);
comment on column core.occurrences.folded_code is 'The code in the form in which it is compared (core.folded)';

create or replace function core.occurrences_named(idnumber text)
returns table (occurrence_code text, status text, is_listed boolean)
language sql stable parallel safe as $$
select occurrence_code, status, closed_at is null
from core.occurrences
where folded_code = core.folded(idnumber)
$$;

-- migrate:down
