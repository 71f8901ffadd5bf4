select run_id, airflow_run_id
from ops.runs
where flow = :flow and status = 'running' and airflow_run_id is not null and run_id <> :run_id
