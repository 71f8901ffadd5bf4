select scope, resource, record_key, reason_code, reason
from ops.rejections
where flow = :flow
and source = :source
and scope = any(:scopes)
and resolved_at is null
order by resource, record_key, reason_code
