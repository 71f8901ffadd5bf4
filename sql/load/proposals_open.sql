select enrolment_code, unit_code, source, status, started_on, finished_on, grade_percent, proposed_at
from core.proposed_results
where decision = 'open' and (cast(:source as text) is null or source = :source)
order by enrolment_code, unit_code, status
