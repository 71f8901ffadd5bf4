-- name: accounts
-- Each account with the profession groups that it writes for, and who paused it.
select
    groups.connection_id as account,
    groups.org_ids,
    groups.names,
    pauses.paused_at,
    pauses.paused_by,
    pauses.paused_because
from (
    select
        connection_id,
        string_agg(cast(org_id as text), ', ' order by org_id) as org_ids,
        string_agg(name, ', ' order by org_id) as names
    from core.profession_groups
    where closed_at is null
    group by connection_id
) as groups
left join ops.account_pauses as pauses on pauses.connection_id = groups.connection_id and pauses.resumed_at is null
order by account

-- name: last
-- The pause of an account that came last, and who ended it.
select paused_by, paused_because, resumed_by
from ops.account_pauses
where connection_id = :connection_id
order by paused_at desc
limit 1

-- name: open
select paused_by, paused_because, paused_at
from ops.account_pauses
where connection_id = :connection_id and resumed_at is null

-- name: pause
insert into ops.account_pauses (connection_id, paused_by, paused_because)
select :connection_id, :by, :because
where exists (select from core.profession_groups where connection_id = :connection_id)
on conflict (connection_id) where resumed_at is null do nothing

-- name: resume
update ops.account_pauses
set resumed_at = clock_timestamp(), resumed_by = :by
where connection_id = :connection_id
and resumed_at is null
and (cast(:seen as timestamptz) is null or paused_at = :seen)
