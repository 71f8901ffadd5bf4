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
