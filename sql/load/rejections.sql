-- name: leave
-- What is not looked at any more (a course without a link, a source out of use) is not open any more.
update ops.rejections
set resolved_at = clock_timestamp(), run_id = :run_id
where flow = any(:flows)
and source = :source
and scope <> all(cast(:scopes as text []))
and resolved_at is null

-- name: met
select source, scope, resource, record_key, reason_code, reason
from ops.rejections
where run_id = :run_id and resolved_at is null

-- name: of_dry_run
insert into ops.dry_run_rejections (run_id, source, scope, resource, record_key, reason_code, reason)
select distinct on (source, scope, resource, record_key, reason_code)
    :run_id, source, scope, resource, record_key, reason_code, reason
from staged
order by source, scope, resource, record_key, reason_code, reason
on conflict (run_id, source, scope, resource, record_key, reason_code) do nothing

-- name: open
insert into ops.rejections (flow, source, scope, resource, record_key, reason_code, reason, learner, run_id)
select distinct on (scope, resource, record_key, reason_code)
    :flow, :source, scope, resource, record_key, reason_code, reason, learner, :run_id
from staged
order by scope, resource, record_key, reason_code
on conflict (flow, source, scope, resource, record_key, reason_code) where resolved_at is null
do update set
    last_seen_at = clock_timestamp(), reason = excluded.reason, learner = excluded.learner, run_id = excluded.run_id
where :anew or rejections.reason <> excluded.reason

-- name: open_of
select scope, resource, record_key, reason_code, reason
from ops.rejections
where flow = :flow
and source = :source
and scope = any(:scopes)
and resolved_at is null
order by resource, record_key, reason_code

-- name: resolve
update ops.rejections as held
set resolved_at = clock_timestamp(), run_id = :run_id
where held.flow = :flow
and held.source = :source
and held.scope = any(:scopes)
and held.resolved_at is null
and not exists (
    select from staged
    where staged.scope = held.scope
    and staged.resource = held.resource
    and staged.record_key = held.record_key
    and staged.reason_code = held.reason_code
)

-- name: resolve_some
update ops.rejections as held
set resolved_at = clock_timestamp(), run_id = :run_id
where held.rejection_id in (
    select theirs.rejection_id
    from unnest(cast(:scopes as text []), cast(:learners as text [])) as seen (scope, learner)
    join ops.rejections as theirs
        on theirs.flow = :flow
        and theirs.source = :source
        and theirs.scope = seen.scope
        and theirs.learner = seen.learner
        and theirs.resolved_at is null
    union all
    select listed.rejection_id
    from ops.rejections as listed
    where listed.flow = :flow
    and listed.source = :source
    and listed.scope = any(cast(:lists as text []))
    and listed.learner is null
    and listed.resource || '/' || listed.reason_code = any(cast(:kinds as text []))
    and listed.resolved_at is null
    union all
    select single.rejection_id
    from
        unnest(
            cast(:settled_scope as text []),
            cast(:settled_resource as text []),
            cast(:settled_record_key as text [])
        ) as settled (scope, resource, record_key)
    join ops.rejections as single using (scope, resource, record_key)
    where single.flow = :flow and single.source = :source and single.resolved_at is null
)
and not exists (
    select from staged
    where staged.scope = held.scope
    and staged.resource = held.resource
    and staged.record_key = held.record_key
    and staged.reason_code = held.reason_code
)

-- name: sources
-- Sources out of use of which something is open.
select distinct source
from ops.rejections
where flow = any(:flows)
and resolved_at is null
and source <> ''
and source not in (select source from core.sources where closed_at is null)
