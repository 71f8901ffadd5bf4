-- name: durations
-- How long each of the last ten runs of every flow was worked on, oldest first; a dry run is none.
select flow, run_id, status, seconds
from (
    select
        flow,
        run_id,
        status,
        started_at,
        seconds,
        row_number() over (partition by flow order by started_at desc) as back
    from mart.runs
    where parameters ->> 'dry_run' is distinct from 'true'
) as numbered
where back <= 10
order by flow asc, started_at asc

-- name: flows
-- The newest run of every flow, with its counts; a dry run is none.
select distinct on (flow)
    flow,
    run_id,
    airflow_run_id,
    status,
    started_at,
    seconds,
    read,
    written,
    unchanged,
    rejected,
    ignored,
    problems
from mart.runs
where parameters ->> 'dry_run' is distinct from 'true'
order by flow asc, started_at desc
