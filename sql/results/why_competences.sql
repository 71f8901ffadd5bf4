-- name: competence
-- A competence and a person, with what a revocation says that stands: of the person, else of everyone.
select
    competences.competence_code,
    competences.name,
    competences.validity_days,
    competences.closed_at as removed_at,
    clients.client_code,
    concat_ws(' ', clients.given_name, clients.surname) as learner,
    revoked.decided_by is not null as revoked,
    revoked.client_code is null and revoked.decided_by is not null as from_everyone
from core.competences
cross join core.clients
left join lateral (
    select standing.client_code, standing.decided_by
    from core.revoked_competences as standing
    where standing.competence_code = competences.competence_code
    and (standing.client_code is null or standing.client_code = clients.client_code)
    order by standing.client_code nulls last
    limit 1
) as revoked on true
where competences.competence_code = :competence_code
and clients.client_code = :client_code

-- name: decisions
-- What people decided of the person's competence, of everyone's, and of its links.
select
    decided_at,
    decided_by,
    case
        when decision = 'unlinked' then 'course ' || source_course_id || ' of ' || source || ' unlinked'
        else decision || case when client_code is null then ' for everyone' else '' end
    end as decision,
    cast(null as text) as it_was,
    reason as because
from ops.competence_decisions
where competence_code = :competence_code
and (client_code is null or client_code = :client_code)

-- name: completion_decisions
-- What people decided of the person's completions of courses that are, or were, linked to the competence.
select
    decided.decided_at,
    decided.decided_by,
    'completion of course ' || decided.source_course_id || ' ' || decided.decision as decision,
    cast(null as text) as it_was,
    decided.reason as because
from core.competence_links as links
join ops.completion_decisions as decided
    on decided.source = links.source
    and decided.source_course_id = links.source_course_id
    and decided.client_code = :client_code
where links.competence_code = :competence_code

-- name: links
-- The courses that give it, or did.
select
    links.source,
    links.source_course_id,
    courses.name as course_name,
    links.linked_on,
    links.linked_at,
    links.closed_at as unlinked_at
from core.competence_links as links
left join core.courses using (source, source_course_id)
where links.competence_code = :competence_code
order by links.closed_at nulls first, links.source, links.source_course_id

-- name: not_read
-- Whether nothing is given for the competence at the moment, as a course that gives it was never read.
select reason_code
from ops.rejections
where source = ''
and scope = :competence_code
and resource = 'course'
and reason_code = 'course_not_read'
and resolved_at is null
limit 1

-- name: passes
-- Every pass of the person in courses that are, or were, linked to the competence, also one that counts no more.
with passed as (
    select links.source, links.source_course_id, links.closed_at, given.passed_at, given.recorded_at, given.run_id, true as counts
    from core.competence_links as links
    join core.course_passes as given
        on given.source = links.source
        and given.source_course_id = links.source_course_id
        and given.client_code = :client_code
    where links.competence_code = :competence_code
    union all
    select links.source, links.source_course_id, links.closed_at, done.completed_at, done.recorded_at, done.run_id, done.passed
    from core.competence_links as links
    join core.course_completions as done
        on done.source = links.source
        and done.source_course_id = links.source_course_id
        and done.client_code = :client_code
    where links.competence_code = :competence_code
)

select
    cast(:client_code as text) as client_code,
    cast(:competence_code as text) as competence_code,
    competences.validity_days,
    sources.timezone,
    passed.*
from passed
join core.sources using (source)
join core.competences on competences.competence_code = :competence_code
order by passed.passed_at, passed.source, passed.source_course_id

-- name: periods
-- The person's periods: given and held, held by the administration already, and given and corrected since.
select valid_from, valid_to, 'a course, corrected since' as given_by, source, source_course_id, recorded_at, run_id, corrected_at, corrected_by
from core.corrected_competences
where client_code = :client_code and competence_code = :competence_code
union all
select valid_from, valid_to, 'a course', source, source_course_id, recorded_at, run_id, null, null
from core.earned_competences
where client_code = :client_code and competence_code = :competence_code
union all
select valid_from, valid_to, 'the administration', null, null, null, null, null, null
from core.recorded_competences
where client_code = :client_code and competence_code = :competence_code and closed_at is null
order by valid_from desc, corrected_at nulls first
