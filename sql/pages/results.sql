-- name: page
-- Results that wait for review, and those that are recorded, by enrolment and unit.
select *
from (
    select
        state,
        reason_code,
        source,
        occurrence_code,
        enrolment_code,
        client_code,
        unit_code,
        proposed_status,
        status,
        started_on,
        finished_on,
        grade_percent,
        proposed_at as at
    from mart.proposals
    where state in ('ready', 'adjusted', 'not_possible')
    and (cast(:state as text) is null or state = :state)
    and (cast(:until as timestamptz) is null or proposed_at <= :until)
    union all
    select
        'recorded',
        null,
        source,
        occurrence_code,
        enrolment_code,
        client_code,
        unit_code,
        status,
        status,
        started_on,
        finished_on,
        grade_percent,
        recorded_at
    from mart.unit_results
    where coalesce(:state, 'recorded') = 'recorded'
) as found
where (enrolment_code, unit_code, proposed_status) > (:after_enrolment, :after_unit, :after_status)
and (cast(:occurrence as text) is null or occurrence_code = :occurrence)
and (cast(:learner as text) is null or client_code = :learner)
and (cast(:since as date) is null or coalesce(finished_on, started_on) >= :since)
and (
    cast(:course as text) is null
    or occurrence_code = any(array(
        select linked.occurrence_code from core.linked_courses as linked
        where linked.source_course_id = :course and linked.in_force
    ))
)
order by enrolment_code, unit_code, proposed_status
limit :most

-- name: waiting
-- How many wait, by state.
select state, count(*) as results
from mart.proposals
where state in ('ready', 'adjusted', 'not_possible')
group by state
