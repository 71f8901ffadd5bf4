insert into ops.dry_run_rejections (run_id, source, scope, resource, record_key, reason_code, reason)
select distinct on (source, scope, resource, record_key, reason_code)
    :run_id, source, scope, resource, record_key, reason_code, reason
from staged
order by source, scope, resource, record_key, reason_code, reason
on conflict (run_id, source, scope, resource, record_key, reason_code) do nothing
