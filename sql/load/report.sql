-- name: decisions
-- Why as much was asked of the courses of some runs as was asked.
select
    run_id,
    decision,
    count(*) as courses,
    cast(sum(calls) as bigint) as calls,
    cast(sum(bytes) as bigint) as bytes
from ops.run_steps
where run_id = any(:run_ids)
and decision is not null
group by run_id, decision
order by calls desc, decision

-- name: dry_run_rejections
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

-- name: left_out
-- Courses of the sources that some runs planned for, which are not asked as things are now.
select planned.run_id, courses.asked, count(*) as courses
from ops.run_steps as planned
join core.asked_courses as courses on courses.source = planned.scope
where planned.run_id = any(:run_ids)
and planned.step = 'plan'
and courses.asked not in ('every night', 'every week')
group by planned.run_id, courses.asked
order by courses desc, courses.asked

-- name: list
select
    run_id,
    flow,
    airflow_run_id,
    status,
    started_at,
    finished_at,
    read,
    written,
    unchanged,
    rejected,
    problems,
    parameters
from mart.runs
where cast(:flow as text) is null or flow = :flow
order by started_at desc
limit :most

-- name: notes
select run_id, step, scope, note
from ops.run_step_counts
where run_id = any(:run_ids)
and note is not null
order by finished_at, step, scope

-- name: problems
select run_id, step, scope, problem_code, problem
from ops.run_step_counts
where run_id = any(:run_ids)
and problem_code is not null
order by finished_at, step, scope

-- name: rejections
-- What is open now, by reason, and how much of it came up since a moment; a part of a flow (<flow>/poll)
-- counts with its flow.
select
    source,
    reason_code,
    min(reason) as reason,
    count(*) as rejected,
    count(*) filter (where first_seen_at >= :since) as fresh,
    (array_agg(resource || ' ' || record_key order by first_seen_at < :since, resource, record_key))[1:3] as records
from ops.rejections
where resolved_at is null
and dismissed_at is null
and split_part(flow, '/', 1) = any(:flows)
group by source, reason_code
order by source, rejected desc, reason_code

-- name: runs
-- The run that was asked for, by our id or Airflow's; or else of each flow the latest run, and the latest that did the
-- whole work: neither a dry run, nor one of certain courses, nor an hourly one that had nothing to do.
with wanted as (
    select run_id
    from ops.runs
    where :run_id in (run_id, airflow_run_id)
    and (cast(:flow as text) is null or flow = :flow)
    union
    (
        select distinct on (flow) run_id
        from ops.runs
        where cast(:run_id as text) is null
        order by flow asc, started_at desc
    )
    union
    (
        select distinct on (flow) run_id
        from ops.runs
        where cast(:run_id as text) is null
        and parameters ->> 'dry_run' is distinct from 'true'
        and coalesce(parameters -> 'courses', '[]') = '[]'
        and (
            status <> 'success'
            or exists (
                select from ops.run_steps
                where run_steps.run_id = runs.run_id and (calls > 0 or written > 0)
            )
        )
        order by flow asc, started_at desc
    )
)

select run_id, flow, airflow_run_id, status, started_at, finished_at, parameters, attempts, seconds, version
from mart.runs
join wanted using (run_id)
order by started_at

-- name: sent
-- How the items of the ledger stand, target by target, and why where they are not accepted.
select target, kind, status, coalesce(reason, '') as reason, count(*) as items
from ops.outbox
group by target, kind, status, coalesce(reason, '')
order by target, kind, status, items desc, reason

-- name: steps
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
