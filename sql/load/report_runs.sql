-- The run that was asked for, by our id or Airflow's; or else of each flow the latest run, and the latest that did the
-- whole work: neither a dry run, nor one of certain courses, nor an hourly one that had nothing to do.
with wanted as (
    select run_id
    from ops.runs
    where :run_id in (run_id, airflow_run_id)
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

select run_id, flow, airflow_run_id, status, started_at, finished_at, parameters, attempts, seconds
from mart.runs
join wanted using (run_id)
order by started_at
