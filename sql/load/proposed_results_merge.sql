-- A proposal that a person has decided on is not opened again by the same result.
insert into core.proposed_results
(enrolment_code, unit_code, source, status, started_on, finished_on, grade_percent, run_id)
select enrolment_code, unit_code, :source, status, started_on, finished_on, grade_percent, :run_id
from staged
order by enrolment_code, unit_code
on conflict (enrolment_code, unit_code, status) do update
set
    started_on = excluded.started_on,
    finished_on = excluded.finished_on,
    grade_percent = excluded.grade_percent,
    run_id = excluded.run_id,
    proposed_at = clock_timestamp()
where proposed_results.decision = 'open'
and not proposed_results.adjusted
and (proposed_results.started_on, proposed_results.finished_on, proposed_results.grade_percent)
    is distinct from (excluded.started_on, excluded.finished_on, excluded.grade_percent)
