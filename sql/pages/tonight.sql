-- name: durations
-- How long each of the last ten runs of every flow was worked on, oldest first; a dry run is none.
select runs.flow, runs.run_id, runs.status, runs.seconds
from (
    select run_id, row_number() over (partition by flow order by started_at desc) as back
    from ops.runs
    where parameters ->> 'dry_run' is distinct from 'true'
) as numbered
-- Each run by itself: the view would add up the steps of all runs.
cross join lateral (select * from mart.runs where runs.run_id = numbered.run_id offset 0) as runs
where numbered.back <= 10
order by runs.flow asc, runs.started_at asc

-- name: flows
-- The newest run of every flow, with its counts; a dry run is none.
select
    runs.flow,
    runs.run_id,
    runs.airflow_run_id,
    runs.status,
    runs.started_at,
    runs.seconds,
    runs.read,
    runs.written,
    runs.unchanged,
    runs.rejected,
    runs.ignored,
    runs.problems
from (
    select distinct on (flow) run_id
    from ops.runs
    where parameters ->> 'dry_run' is distinct from 'true'
    order by flow asc, started_at desc
) as newest
cross join lateral (select * from mart.runs where runs.run_id = newest.run_id offset 0) as runs
order by runs.flow

-- name: systems
select source, system
from core.sources
