-- name: account_refused
-- Did this run hear a moment ago that the service refuses the account?
select 1 as refused
from ops.run_steps
where run_id = :run_id
and step = 'account'
and scope = :connection_id
and problem_code = 'account_refused'
and finished_at > clock_timestamp() - make_interval(secs => :seconds)

-- name: active
-- Profession groups that are active, or of which something is still open.
select org_id, connection_id
from core.profession_groups as registered
where (active and closed_at is null)
or exists (
    select from ops.pe_attendance as held
    join ops.outbox as item using (item_id)
    where held.org_id = registered.org_id
    and item.status not in ('accepted', 'accepted_in_test')
    and coalesce(item.reason, '') <> all(cast(:nothing_to_do as text []))
)
order by org_id

-- name: connection
select connection_id from core.profession_groups where org_id = :org_id

-- name: accounts
-- Which connection serves which profession group.
select connection_id, org_id
from core.profession_groups
where active and closed_at is null
order by connection_id, org_id
