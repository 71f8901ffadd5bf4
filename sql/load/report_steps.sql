select
    run_id,
    step,
    count(*) as scopes,
    cast(sum(read) as bigint) as read,
    cast(sum(written) as bigint) as written,
    cast(sum(unchanged) as bigint) as unchanged,
    cast(sum(rejected) as bigint) as rejected,
    cast(sum(ignored) as bigint) as ignored,
    cast(sum(calls) as bigint) as calls,
    cast(sum(bytes) as bigint) as bytes
from ops.run_step_counts
where run_id = any(:run_ids)
group by run_id, step
order by min(finished_at)
