-- name: integrations
-- Every integration that stands, with its result definition; what came last stands in its log.
select
    integrations.integration,
    integrations.system,
    integrations.connection_id,
    integrations.hash,
    integrations.timezone,
    integrations.minimum,
    integrations.maximum,
    integrations.decimals,
    integrations.pass_mark,
    integrations.sends_result,
    integrations.sends_presence,
    integrations.sends_passed,
    integrations.active,
    logged.event as last_event,
    logged.last_happened_at
from core.integrations
left join lateral (
    select event, last_happened_at
    from mart.webhook_log
    where webhook_log.integration = integrations.integration
    order by log_id desc
    limit 1
) as logged on true
where integrations.closed_at is null
order by integrations.integration

-- name: messages
-- What became of each message, newest first, before one of them.
select
    message_id,
    system,
    integration,
    received_at,
    deliveries,
    person_id,
    course_id,
    outcome,
    reason_code,
    reason,
    completion_id,
    grade,
    passed
from mart.received_messages
where (cast(:integration as text) is null or integration = :integration)
and (cast(:outcome as text) is null or outcome = :outcome)
and (cast(:before as bigint) is null or message_id < :before)
order by message_id desc
limit :most

-- name: registered
-- What was registered, in the order of requests and parts, with how it stands at Coachview where it goes there.
select
    held.integration,
    held.course_id,
    held.training_name,
    held.part_name,
    held.part_code,
    held.request_code,
    held.client_code,
    held.result,
    held.passed,
    held.finished,
    held.approved_on,
    held.later_attempts,
    held.registered_at,
    sent.status,
    sent.explanation,
    sent.last_cause
from mart.registrations as held
left join lateral (
    select told.status, told.explanation, told.last_cause
    from mart.coachview_results as told
    where told.request_code = held.request_code and told.part_code = held.part_code
    order by told.result_id desc
    limit 1
) as sent on true
where (cast(:integration as text) is null or held.integration = :integration)
and (held.request_code, held.part_code) > (:after_request, :after_part)
order by held.request_code, held.part_code
limit :most

-- name: sent
-- Of one status at Coachview, before one, newest first. They are found in the ledger before anything else is read.
with found as materialized (
    select item_id
    from ops.outbox
    where target = 'coachview'
    and status = :status
    and (cast(:before as bigint) is null or item_id < :before)
    order by item_id desc
    limit :most
)

select
    told.result_id,
    held.integration,
    told.course_id,
    held.training_name,
    held.part_name,
    told.part_code,
    told.request_code,
    held.client_code,
    told.result,
    told.passed,
    held.finished,
    held.approved_on,
    held.later_attempts,
    held.registered_at,
    told.status,
    told.explanation,
    told.last_cause,
    told.attempts
from found
join mart.coachview_results as told on told.result_id = found.item_id
left join mart.registrations as held
    on held.request_code = told.request_code and held.part_code = told.part_code
order by told.result_id desc
