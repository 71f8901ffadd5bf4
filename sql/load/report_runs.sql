-- The run that was asked for, or else the latest run of each flow.
select run_id, flow, airflow_run_id, status, started_at, finished_at, parameters
from ops.runs
where run_id = cast(:run_id as text)
or (
    cast(:run_id as text) is null
    and run_id in (select distinct on (flow) run_id from ops.runs order by flow asc, started_at desc)
)
order by started_at
