-- name: now
select
    urgency,
    state,
    about,
    items,
    coalesce(target, '') as target,
    coalesce(reason_code, '') as reason_code,
    coalesce(reason, '') as reason,
    since,
    run_id
from mart.attention
order by urgency, state desc, items desc, about, reason_code
