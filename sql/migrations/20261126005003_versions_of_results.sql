-- migrate:up

-- Versions are numbered when they are loaded, so that the results of one pupil or school are read by an index.
alter table core.test_result_versions
add column version bigint default 1,
add column is_current boolean not null default true;

with compared as (
    select
        source, brin6, result_key, created_at, message_id,
        content is distinct from lag(content) over by_time as is_new
    from core.test_result_versions
    window by_time as (partition by source, brin6, result_key order by created_at, message_id)
),

numbered as (
    select
        *,
        case when is_new then count(*) filter (where is_new) over by_time end as version,
        count(*) filter (where is_new) over (partition by source, brin6, result_key) as versions
    from compared
    window by_time as (partition by source, brin6, result_key order by created_at, message_id)
)

update core.test_result_versions as held
set version = numbered.version, is_current = coalesce(numbered.version = numbered.versions, false)
from numbered
where (held.source, held.brin6, held.result_key, held.created_at, held.message_id)
= (numbered.source, numbered.brin6, numbered.result_key, numbered.created_at, numbered.message_id)
and (held.version, held.is_current)
is distinct from (numbered.version, coalesce(numbered.version = numbered.versions, false));

create index on core.test_result_versions (brin6, pupil_key) include (warnings) where is_current;
create index on raw.inbox (brin6);
comment on table core.test_result_versions is 'What each message says of a result; of equal neighbours in time only the first, which has the number of the version, and the last are kept';

-- migrate:down
