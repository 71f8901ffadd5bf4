-- What is recorded stands: the administration's own results, and those that were derived.
select distinct on (enrolment_code, unit_code) enrolment_code, unit_code, status, started_on
from (
    select r.enrolment_code, r.unit_code, r.status, r.started_on
    from core.recorded_results r
    join core.enrolments e using (enrolment_code)
    where r.closed_at is null and e.occurrence_code = any(:occurrences)
    union all
    select u.enrolment_code, u.unit_code, u.status, u.started_on
    from core.unit_results u
    join core.enrolments e using (enrolment_code)
    where e.occurrence_code = any(:occurrences)
) as held
-- one row a unit: passed over failed over started
order by enrolment_code, unit_code, array_position(array['passed', 'failed', 'started'], status)
