update ops.runs
set
    finished_at = clock_timestamp(),
    status = case
        when :failed_tasks > 0 then 'incomplete'
        when exists (select from ops.run_steps where run_id = :run_id and problem_code is not null) then 'incomplete'
        else 'success'
    end
where run_id = :run_id
returning status
