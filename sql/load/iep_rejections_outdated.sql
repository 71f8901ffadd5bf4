-- What an earlier message got wrong is settled when a later one is recorded, or listed for another reason.
with held as (
    select
        rejections.rejection_id,
        rejections.record_key,
        inbox.source,
        inbox.brin6,
        substr(rejections.record_key, length(inbox.brin6) + 2) as result_key,
        inbox.created_at,
        inbox.message_id
    from ops.rejections
    join raw.inbox on inbox.message_id = cast(split_part(rejections.scope, '/', 2) as bigint)
    where rejections.flow = :flow
    and rejections.resolved_at is null
    and rejections.source = inbox.source
    and inbox.brin6 = any(:schools)
),

words as (
    select source, record_key, created_at, message_id from held
    union all
    select recorded.source, recorded.brin6 || '/' || recorded.result_key, recorded.created_at, recorded.message_id
    from core.test_result_versions as recorded
    where (recorded.source, recorded.brin6, recorded.result_key) in (select source, brin6, result_key from held)
),

last as (
    select distinct on (source, record_key) source, record_key, created_at, message_id
    from words
    order by source, record_key, created_at desc, message_id desc
)

update ops.rejections
set resolved_at = clock_timestamp(), run_id = :run_id
from held
join last using (source, record_key)
where rejections.rejection_id = held.rejection_id
and (last.created_at, last.message_id) > (held.created_at, held.message_id)
