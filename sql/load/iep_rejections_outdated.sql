-- What an earlier message got wrong is settled when this one is recorded.
update ops.rejections as held
set resolved_at = clock_timestamp(), run_id = :run_id
from raw.inbox as earlier
where held.flow = :flow
and held.source = :source
and held.resource = :resource
and held.resolved_at is null
and held.record_key = any(:record_keys)
and earlier.source = held.source
and earlier.brin6 = :brin6
and held.scope = earlier.brin6 || '/' || earlier.message_id
and (earlier.created_at, earlier.message_id) < (:created_at, :message_id)
