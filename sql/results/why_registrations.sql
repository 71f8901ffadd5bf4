-- name: asked
-- The request and the part, and what the administration holds of it.
select
    requests.request_code,
    requests.training_code,
    requests.status,
    requests.person_id,
    requests.external_id,
    requests.client_code,
    parts.part_code,
    parts.name as part_name,
    parts.integration,
    parts.course_id,
    held.result as result_of_the_administration,
    held.finished as finished_by_the_administration,
    held.approved as approved_by_the_administration
from core.training_requests as requests
cross join core.training_parts as parts
left join core.training_request_parts as held
    on held.request_code = requests.request_code
    and held.part_code = parts.part_code
    and held.closed_at is null
where requests.request_code = :request_code and parts.part_code = :part_code

-- name: attempts
-- For which parts a completion counted, and what it did.
select request_code, part_code, outcome, grade, grade_registered, recorded_at, run_id
from core.registration_attempts
where completion_id = :completion_id
order by request_code, part_code

-- name: completion
-- A reported completion; of a source whose completions are recorded, in which run and when it was.
select
    said.completion_id,
    said.integration,
    integrations.system,
    said.person_id,
    said.course_id,
    said.completed_at,
    said.completed_on,
    said.grade,
    said.presence,
    said.passed,
    said.reported_at,
    said.message_id,
    polled.client_code,
    polled.run_id as source_run_id,
    polled.recorded_at as source_recorded_at
from core.reported_completions as said
left join core.integrations using (integration)
left join core.course_completions as polled
    on said.message_id is null
    and polled.source = said.integration
    and polled.source_course_id = said.course_id
    and polled.client_code = said.person_id
    and polled.completed_at = said.completed_at
where said.completion_id = :completion_id

-- name: counted
-- The completions that counted for a part, in the order of their moments.
select
    said.completion_id,
    attempts.outcome,
    said.completed_at,
    said.completed_on,
    attempts.grade,
    attempts.grade_registered,
    said.presence,
    said.passed,
    said.message_id,
    attempts.recorded_at,
    attempts.run_id,
    said.integration,
    integrations.system,
    said.person_id,
    said.course_id,
    polled.run_id as source_run_id,
    polled.recorded_at as source_recorded_at
from core.registration_attempts as attempts
join core.reported_completions as said using (completion_id)
left join core.integrations using (integration)
left join core.course_completions as polled
    on said.message_id is null
    and polled.source = said.integration
    and polled.source_course_id = said.course_id
    and polled.client_code = said.person_id
    and polled.completed_at = said.completed_at
where attempts.request_code = :request_code and attempts.part_code = :part_code
order by said.completed_at, said.completion_id

-- name: dismissed
-- Who said that nothing is to be done about it.
select dismissed_at as decided_at, dismissed_by as decided_by, 'dismissed: ' || reason_code as decision, cast(null as text) as it_was, dismissed_because as because
from mart.rejections
where source = :integration
and scope = ''
and resource = 'completion'
and record_key = :course_id || '/' || cast(:person_id as text)
and dismissed_at is not null

-- name: integration
select *
from core.integrations
where integration = :integration

-- name: messages
-- Messages as they were received, and how often; the hash of their bodies is made of them.
select
    'message' as resource,
    inbox.origin as scope,
    cast(inbox.message_id as text) as key,
    inbox.received_at as landed_at,
    cast(null as text) as sha256,
    inbox.body is not null as body_is_kept,
    (select count(*) from ops.deliveries where deliveries.message_id = inbox.message_id) as deliveries,
    cast(null as text) as run_id
from raw.inbox
where inbox.message_id = any(cast(:message_ids as bigint []))
order by inbox.received_at, inbox.message_id

-- name: registration
select held.*, registrations.run_id
from mart.registrations as held
join core.registrations using (request_code, part_code)
where held.request_code = :request_code and held.part_code = :part_code

-- name: requests
-- The parts that a person asked for, of an integration's courses.
select request_code, part_code, course_id, course_id = :course_id as is_this_course, is_open, holds as result_of_the_administration
from core.requested_parts
where integration = :integration and person = :person_id
order by course_id <> :course_id, request_code, part_code
limit 100
