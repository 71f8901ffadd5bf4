-- The result that it becomes has a start, not after its finish, and a finish unless it is only started.
update core.proposed_results as proposed
set
    adjusted_status = wanted.status,
    started_on = wanted.started_on,
    finished_on = wanted.finished_on,
    adjusted = true
from (
    select
        enrolment_code,
        unit_code,
        status as derived,
        coalesce(:result, adjusted_status, status) as status,
        coalesce(cast(:started_on as date), started_on) as started_on,
        coalesce(cast(:finished_on as date), finished_on) as finished_on
    from core.proposed_results
    where enrolment_code = :enrolment_code
    and unit_code = :unit_code
    and status = :status
    and decision = 'open'
) as wanted
where proposed.enrolment_code = wanted.enrolment_code
and proposed.unit_code = wanted.unit_code
and proposed.status = wanted.derived
and wanted.started_on <= coalesce(wanted.finished_on, 'infinity')
and (wanted.status = 'started' or wanted.finished_on is not null)
