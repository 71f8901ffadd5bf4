-- One writer at a time: what is not there yet is then surely inserted once, without trying each row on its own.
lock table core.unit_results in share row exclusive mode;

-- A completed unit is not overwritten (a failed one by a resit, where the source allows it); a start date stays.
merge into core.unit_results as held
using staged on held.enrolment_code = staged.enrolment_code and held.unit_code = staged.unit_code
when matched and (
    (held.status = 'started' and staged.status <> 'started')
    or (:allow_resit and held.status = 'failed' and staged.status = 'passed')
)
then update set
    source = :source,
    status = staged.status,
    finished_on = staged.finished_on,
    grade_percent = staged.grade_percent,
    run_id = :run_id,
    recorded_at = clock_timestamp()
when not matched then
insert (enrolment_code, unit_code, source, status, started_on, finished_on, grade_percent, run_id)
values (
    staged.enrolment_code,
    staged.unit_code,
    :source,
    staged.status,
    staged.started_on,
    staged.finished_on,
    staged.grade_percent,
    :run_id
)
