-- A completed unit is not overwritten (a failed one by a resit, where the source allows it); a start date stays.
insert into core.unit_results
(enrolment_code, unit_code, source, status, started_on, finished_on, grade_percent, run_id)
select enrolment_code, unit_code, :source, status, started_on, finished_on, grade_percent, :run_id
from staged
order by enrolment_code, unit_code
on conflict (enrolment_code, unit_code) do update
set
    source = excluded.source,
    status = excluded.status,
    finished_on = excluded.finished_on,
    grade_percent = excluded.grade_percent,
    run_id = excluded.run_id,
    recorded_at = clock_timestamp()
where (unit_results.status = 'started' and excluded.status <> 'started')
or (:allow_resit and unit_results.status = 'failed' and excluded.status = 'passed')
