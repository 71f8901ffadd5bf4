-- Number the versions of the results that were staged: the first to say something else is a new one, the last one counts.
with compared as (
    select
        source,
        brin6,
        result_key,
        created_at,
        message_id,
        content is distinct from lag(content) over by_time as is_new
    from core.test_result_versions
    where (source, brin6, result_key) in (select source, brin6, result_key from staged)
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
is distinct from (numbered.version, coalesce(numbered.version = numbered.versions, false))
