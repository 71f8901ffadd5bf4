-- name: answers
-- The answers of the source that a result was derived from, as they had landed when it was recorded: of the learner, of
-- the activities, and of the course as a whole.
select distinct on (landings.scope, landings.resource, landings.key)
    landings.resource,
    landings.scope as source_course_id,
    landings.key,
    landings.landed_at,
    encode(landings.sha256, 'hex') as sha256,
    landings.run_id
from raw.landings
join core.linked_courses as linked
    on linked.source = landings.source and linked.source_course_id = landings.scope
where linked.occurrence_code = :occurrence_code
and landings.source = :source
and landings.landed_at <= :recorded_at
and (
    landings.key in ('', :client_code)
    or landings.key in (
        select user_id from core.account_holders
        where client_code = :client_code and scheme like '%:' || :source
    )
    or landings.key in (
        select activity_id from core.activity_links
        where occurrence_code = :occurrence_code and unit_code = :unit_code and source = :source
    )
)
order by landings.scope, landings.resource, landings.key, landings.landing_id desc

-- name: decisions
-- What people decided of it: proposals that were approved, adjusted or dismissed.
select status, proposed_status, state, decided_by, decided_at, decided_because
from mart.proposals
where enrolment_code = :enrolment_code
and unit_code = :unit_code
and decided_at is not null
order by decided_at

-- name: inputs
-- The activities that count for the unit today.
select
    links.activity_id,
    activities.source_course_id,
    activities.name,
    activities.module as type,
    activities.grade_pass as pass_grade,
    links.closed_at as unmapped_at
from core.activity_links as links
left join core.activities using (source, activity_id)
where links.occurrence_code = :occurrence_code
and links.unit_code = :unit_code
and links.source = :source
order by links.closed_at nulls first, links.activity_id

-- name: result
-- A result with what was derived of it, and in which run.
select
    held.enrolment_code,
    held.client_code,
    held.occurrence_code,
    held.unit_code,
    held.status,
    held.started_on,
    held.finished_on,
    held.grade_percent,
    held.source,
    held.recorded_at,
    derived.run_id,
    runs.flow,
    runs.started_at as run_started_at
from mart.unit_results as held
left join core.unit_results as derived using (enrolment_code, unit_code, source)
left join ops.runs using (run_id)
where held.enrolment_code = :enrolment_code
and held.unit_code = :unit_code
