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
