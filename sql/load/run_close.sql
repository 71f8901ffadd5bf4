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
