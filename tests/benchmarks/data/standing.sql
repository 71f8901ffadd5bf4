-- What earlier years left: :copies times the results that stand and the plans, of enrolments in occurrences that nothing
-- is linked to.
insert into core.occurrences (occurrence_code, name, status)
select 'P' || year || '/' || occurrence_code, name, 'finished'
from core.occurrences
cross join generate_series(1, :copies) as year;

insert into core.enrolments (enrolment_code, client_code, occurrence_code, status, start_date)
select 'P' || year || '/' || enrolment_code, client_code, 'P' || year || '/' || occurrence_code, 'completed', start_date
from core.enrolments
cross join generate_series(1, :copies) as year;

insert into core.enrolment_units (enrolment_code, unit_code, expected_start_date)
select 'P' || year || '/' || enrolment_code, unit_code, expected_start_date
from core.enrolment_units
cross join generate_series(1, :copies) as year;

insert into core.unit_results
(enrolment_code, unit_code, source, status, started_on, finished_on, grade_percent, run_id, recorded_at)
select
    'P' || year || '/' || enrolment_code,
    unit_code,
    source,
    status,
    started_on,
    finished_on,
    grade_percent,
    run_id,
    recorded_at
from core.unit_results
cross join generate_series(1, :copies) as year;
