-- name: abandon
-- Runs that nobody works on any more are closed where they were seen last. A run of the command line is worked
-- on while its process holds the lock; of those that Airflow started, Airflow knows: :gone.
with candidates as materialized (
    select run_id, airflow_run_id
    from ops.runs
    where status = 'running' and run_id <> :run_id
),

gone as materialized (
    select run_id
    from candidates
    where run_id = any(:gone)
    or (airflow_run_id is null and pg_try_advisory_xact_lock(:space, hashtext(run_id)))
),

seen as (
    select gone.run_id, coalesce(max(run_steps.finished_at), max(run_attempts.started_at)) as last_at
    from gone
    join ops.run_attempts using (run_id)
    left join ops.run_steps using (run_id, attempt)
    where run_attempts.finished_at is null
    group by gone.run_id
),

attempt as (
    update ops.run_attempts
    set status = 'abandoned', finished_at = seen.last_at
    from seen
    where run_attempts.run_id = seen.run_id and run_attempts.finished_at is null
)

update ops.runs
set status = 'abandoned', finished_at = seen.last_at
from seen
where runs.run_id = seen.run_id
returning runs.run_id, runs.flow

-- name: attempt
-- A new attempt of a run; one that was not closed, because its process is gone, ends where it was seen last.
with left_behind as (
    update ops.run_attempts
    set
        status = 'abandoned',
        finished_at = coalesce(
            (
                select max(run_steps.finished_at)
                from ops.run_steps
                where run_steps.run_id = run_attempts.run_id and run_steps.attempt = run_attempts.attempt
            ),
            run_attempts.started_at
        )
    where run_attempts.run_id = :run_id and run_attempts.finished_at is null
)

insert into ops.run_attempts (run_id, attempt, from_start, version)
select :run_id, coalesce(max(attempt), 0) + 1, :from_start, :version
from ops.run_attempts
where run_id = :run_id

-- name: close
with verdict as (
    select case
        when :broken then 'failed'
        when :failed_tasks > 0 then 'incomplete'
        when exists (
            select from ops.run_steps as step
            where step.run_id = :run_id
            and step.problem_code is not null
            and step.attempt >= (
                select max(attempt) from ops.run_attempts where run_id = :run_id and from_start
            )
        ) then 'incomplete'
        else 'success'
    end as status
),

attempt as (
    update ops.run_attempts
    set finished_at = clock_timestamp(), status = verdict.status
    from verdict
    where run_id = :run_id and finished_at is null
)

update ops.runs
set finished_at = clock_timestamp(), status = verdict.status
from verdict
where run_id = :run_id
returning runs.status

-- name: mended
update ops.run_steps
set problem_code = null, problem = null
where run_id = :run_id and step = :step and scope = :scope

-- name: open
insert into ops.runs (run_id, flow, airflow_run_id, parameters)
values (:run_id, :flow, :airflow_run_id, cast(:parameters as jsonb))
on conflict (flow, airflow_run_id) do update
set status = 'running', finished_at = null, parameters = excluded.parameters
returning run_id

-- name: open_in_airflow
select run_id, airflow_run_id
from ops.runs
where flow = :flow and status = 'running' and airflow_run_id is not null and run_id <> :run_id

-- name: problems
select step, scope, problem_code, problem
from ops.run_steps
where run_id = :run_id
and problem_code is not null
and attempt >= (select max(attempt) from ops.run_attempts where run_id = :run_id and from_start)
order by finished_at

-- name: resume
-- A closed run goes on; returns nothing where it is open already.
update ops.runs
set status = 'running', finished_at = null
where run_id = :run_id and status <> 'running'
returning run_id

-- name: running
select run_id
from ops.runs
where flow = :flow and airflow_run_id = :airflow_run_id and status = 'running'

-- name: steps
-- When a step runs again each row counts once, and what it wrote before stays written.
insert into ops.run_steps as done
(
    run_id, attempt, step, scope, read, written, unchanged, rejected, ignored, calls, bytes, problem_code, problem,
    decision, note
)
select
    :run_id,
    (select max(attempt) from ops.run_attempts where run_id = :run_id),
    :step,
    scope,
    read,
    written,
    unchanged,
    rejected,
    ignored,
    calls,
    bytes,
    problem_code,
    problem,
    decision,
    note
from jsonb_to_recordset(cast(:steps as jsonb)) as given (
    scope text,
    read bigint,
    written bigint,
    unchanged bigint,
    rejected bigint,
    ignored bigint,
    calls bigint,
    bytes bigint,
    problem_code text,
    problem text,
    decision text,
    note text
)
order by scope
on conflict (run_id, step, scope) do update
set
    attempt = excluded.attempt,
    read = excluded.read + done.written - least(excluded.unchanged, done.written),
    written = excluded.written + done.written,
    unchanged = excluded.unchanged - least(excluded.unchanged, done.written),
    rejected = excluded.rejected,
    ignored = excluded.ignored,
    calls = excluded.calls + done.calls,
    bytes = excluded.bytes + done.bytes,
    problem_code = excluded.problem_code,
    problem = excluded.problem,
    decision = excluded.decision,
    note = excluded.note,
    finished_at = clock_timestamp()

-- name: steps_done
-- Since the run started from the beginning last: a run that is cleared as a whole asks again.
select step.scope
from ops.run_steps as step
where step.run_id = :run_id
and step.step = :step
and step.problem_code is null
and step.attempt >= (select max(attempt) from ops.run_attempts where run_id = :run_id and from_start)

-- name: written
select coalesce(sum(written), 0) as written from ops.run_steps where run_id = :run_id
