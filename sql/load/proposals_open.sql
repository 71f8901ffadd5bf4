select
    state,
    reason_code,
    source,
    occurrence_code,
    enrolment_code,
    client_code,
    unit_code,
    unit_name,
    status,
    started_on,
    finished_on,
    grade_percent,
    proposed_at
from mart.proposals
where state in ('ready', 'adjusted', 'not_possible')
and (cast(:source as text) is null or source = :source)
and (cast(:enrolment_code as text) is null or enrolment_code = :enrolment_code)
and (cast(:unit_code as text) is null or unit_code = :unit_code)
order by occurrence_code, enrolment_code, unit_code, status
