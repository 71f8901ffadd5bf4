-- migrate:up

create function core.stands(held text, result text, allow_resit boolean) returns boolean
language sql immutable parallel safe as $$
select not (held = 'started' and result <> 'started') and not (allow_resit and held = 'failed' and result = 'passed')
$$;
comment on function core.stands is 'Whether what is recorded of a unit stands against another result of it: one that is passed or failed does (a failed one gives way to a pass on a resit, where the source allows it), a started one gives way to what is completed';

create function core.result_rank(status text) returns integer
language sql immutable parallel safe as $$
select array_position(array['passed', 'failed', 'started'], status)
$$;
comment on function core.result_rank is 'Which of several results of a unit counts, the lowest: passed over failed over started';

create function core.occurrences_named(idnumber text)
returns table (occurrence_code text, status text, is_listed boolean)
language sql stable parallel safe as $$
select occurrence_code, status, closed_at is null
from core.occurrences
where core.folded(occurrence_code) = core.folded(idnumber)
$$;
comment on function core.occurrences_named is 'The occurrences that the idnumber of a course names, whatever became of them';

-- migrate:down
