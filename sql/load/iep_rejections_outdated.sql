-- What an earlier message got wrong is settled when a later one is recorded, or listed for another reason.
update ops.rejections as held
set resolved_at = clock_timestamp(), run_id = :run_id
from raw.inbox as earlier
where held.flow = :flow
and held.source = earlier.source
and held.scope = earlier.brin6 || '/' || earlier.message_id
and held.resolved_at is null
and earlier.brin6 = any(:schools)
and (
    exists (
        select from core.test_result_versions as later
        where later.source = earlier.source
        and later.brin6 = earlier.brin6
        and later.result_key = substr(held.record_key, length(earlier.brin6) + 2)
        and (later.created_at, later.message_id) > (earlier.created_at, earlier.message_id)
    )
    or exists (
        select from ops.rejections as newer
        join raw.inbox as later on later.message_id = cast(split_part(newer.scope, '/', 2) as bigint)
        where newer.flow = held.flow
        and newer.source = held.source
        and newer.record_key = held.record_key
        and newer.resolved_at is null
        and (later.created_at, later.message_id) > (earlier.created_at, earlier.message_id)
    )
)
