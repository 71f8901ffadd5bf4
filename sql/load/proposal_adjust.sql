update core.proposed_results
set
    started_on = coalesce(cast(:started_on as date), started_on),
    finished_on = coalesce(cast(:finished_on as date), finished_on),
    adjusted = true
where enrolment_code = :enrolment_code
and unit_code = :unit_code
and status = :status
and decision = 'open'
and coalesce(cast(:started_on as date), started_on) <= coalesce(cast(:finished_on as date), finished_on, 'infinity')
