select p.enrolment_code, p.unit_code, p.expected_start_date
from core.enrolment_units p
join core.enrolments e using (enrolment_code)
where p.closed_at is null
and e.occurrence_code = any(:occurrences)
