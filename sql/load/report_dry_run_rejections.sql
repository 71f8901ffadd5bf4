select
    source,
    reason_code,
    min(reason) as reason,
    count(*) as rejected,
    count(*) as fresh,
    (array_agg(resource || ' ' || record_key order by resource, record_key))[1:3] as records
from ops.dry_run_rejections
where run_id = any(:run_ids)
group by source, reason_code
order by source, rejected desc, reason_code
