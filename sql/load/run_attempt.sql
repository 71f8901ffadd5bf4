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

insert into ops.run_attempts (run_id, attempt, from_start)
select :run_id, coalesce(max(attempt), 0) + 1, :from_start
from ops.run_attempts
where run_id = :run_id
