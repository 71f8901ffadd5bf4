select source, scope, resource, record_key, reason_code, reason
from ops.rejections
where run_id = :run_id and resolved_at is null
