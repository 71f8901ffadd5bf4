-- name: left
-- Requests that are left of a day's :limit, as counted here and as Coachview said last, and when there are more.
with own as (
    select coalesce(sum(calls), 0) as calls, min(hour) as since
    from ops.coachview_calls
    where hour > clock_timestamp() - interval '25 hours'
),

told as (
    select remaining, resets_at
    from ops.coachview_calls
    where remaining is not null and resets_at > clock_timestamp()
    order by told_at desc
    limit 1
)

select
    cast(greatest(least(:limit - own.calls, coalesce(told.remaining, :limit)), 0) as integer) as requests,
    case
        when told.remaining < :limit - own.calls then told.resets_at
        else coalesce(own.since + interval '25 hours', clock_timestamp())
    end as more_at
from own
left join told on true

-- name: spend
insert into ops.coachview_calls as counted (run_id, hour, calls, remaining, resets_at, told_at)
values (
    :run_id,
    date_trunc('hour', clock_timestamp()),
    :calls,
    cast(:remaining as integer),
    cast(:resets_at as timestamptz),
    case when cast(:remaining as integer) is not null then clock_timestamp() end
)
on conflict (run_id, hour) do update
set
    calls = counted.calls + excluded.calls,
    remaining = coalesce(excluded.remaining, counted.remaining),
    resets_at = coalesce(excluded.resets_at, counted.resets_at),
    told_at = coalesce(excluded.told_at, counted.told_at)

-- name: forget
delete from ops.coachview_calls where hour < clock_timestamp() - interval '7 days'
