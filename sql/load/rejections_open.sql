insert into ops.rejections (flow, source, scope, resource, record_key, reason_code, reason, run_id)
select distinct on (scope, resource, record_key, reason_code)
    :flow, :source, scope, resource, record_key, reason_code, reason, :run_id
from staged
order by scope, resource, record_key, reason_code
on conflict (flow, source, scope, resource, record_key, reason_code) where resolved_at is null
do update set last_seen_at = clock_timestamp(), reason = excluded.reason, run_id = excluded.run_id
