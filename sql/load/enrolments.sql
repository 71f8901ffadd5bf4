-- Enrolments as they stand tonight: what a poll completed counts as completed.
select
    e.enrolment_code,
    e.client_code,
    e.occurrence_code,
    case when e.status = 'active' and c.enrolment_code is not null then 'completed' else e.status end as status,
    e.start_date,
    c.enrolment_code is not null as completed_here
from core.enrolments e
left join core.enrolment_completions c using (enrolment_code)
where e.closed_at is null
and e.occurrence_code = any(:occurrences)
