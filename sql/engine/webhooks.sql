-- name: integration
select integration, system, connection_id, hash, timezone, minimum, maximum, decimals, sends_result, active
from core.integrations
where integration = :integration and system = :system and closed_at is null

-- name: keep
-- What a message says, and what its sender was told: of a new one, and of one that could not be used when it came before.
-- What that could be used said stands, whatever comes under its name.
with said as (
    insert into core.completion_messages as held (
        message_id, integration, person_id, course_id, outcome, reason_code, reason
    )
    values (:message_id, :integration, :person_id, :course_id, :outcome, :reason_code, :reason)
    on conflict (message_id) do update
    set
        person_id = excluded.person_id,
        course_id = excluded.course_id,
        outcome = excluded.outcome,
        reason_code = excluded.reason_code,
        reason = excluded.reason
    where held.outcome = 'unusable' and excluded.outcome = 'completion'
    returning message_id
),

completed as (
    insert into core.reported_completions (
        integration, person_id, course_id, completed_at, completed_on, grade, presence, passed, message_id
    )
    select
        :integration,
        :person_id,
        :course_id,
        cast(:completed_at as timestamptz),
        cast(:completed_on as date),
        cast(:grade as numeric),
        cast(:presence as boolean),
        cast(:passed as boolean),
        message_id
    from said
    where :outcome = 'completion'
)

insert into ops.webhook_log (integration, event, status, detail, message_id)
select :integration, :event, :status, :detail, message_id from said

-- name: log
-- What happens again for the same reason within the hour is counted where it was logged first: neither strangers nor a
-- sender that tries for ever may fill the log.
with counted as (
    update ops.webhook_log
    set times = times + 1, last_happened_at = clock_timestamp()
    where log_id = (
        select log_id
        from ops.webhook_log
        where integration = :integration
        and event = :event
        and status = :status
        and detail = :detail
        and happened_at > clock_timestamp() - interval '1 hour'
        order by log_id desc
        limit 1
    )
    returning log_id
)

insert into ops.webhook_log (integration, event, status, detail, message_id)
select :integration, :event, :status, :detail, :message_id
where not exists (select from counted)

-- name: unusable
-- Messages that cannot be used, one a record (a person and course, or else the message): settled by a later message of
-- the same record that can be, and no longer listed when their body is gone.
select distinct on (said.integration, record_key)
    said.integration,
    coalesce(said.course_id || '/' || said.person_id, cast(said.message_id as text)) as record_key,
    said.reason_code,
    said.reason
from core.completion_messages as said
join raw.inbox using (message_id)
join core.integrations on integrations.integration = said.integration and integrations.closed_at is null
where said.outcome = 'unusable'
and inbox.body is not null
and not exists (
    select from core.completion_messages as later
    where later.integration = said.integration
    and later.person_id = said.person_id
    and later.course_id = said.course_id
    and later.message_id > said.message_id
    and later.outcome = 'completion'
)
order by said.integration, record_key, said.message_id desc

-- name: relist
-- What a person dismissed is open again when another message of the same record came that cannot be used either.
update ops.rejections as held
set dismissed_at = null, dismissed_by = null, dismissed_because = null
where held.flow = :flow
and held.source = :integration
and held.resolved_at is null
and held.dismissed_at < (
    select max(inbox.received_at)
    from core.completion_messages as said
    join raw.inbox using (message_id)
    where said.integration = held.source
    and said.outcome = 'unusable'
    and coalesce(said.course_id || '/' || said.person_id, cast(said.message_id as text)) = held.record_key
)

-- name: listed
-- Integrations of which a message is listed that cannot be used.
select distinct source as integration
from ops.rejections
where flow = :flow and resolved_at is null

-- name: forget_bodies
-- What they say stands in core.reported_completions.
update raw.inbox
set body = null
where body is not null
and received_at < clock_timestamp() - make_interval(days => :days)
and message_id in (select message_id from core.completion_messages)

-- name: forget_log
delete from ops.webhook_log where last_happened_at < clock_timestamp() - make_interval(days => :days)

-- name: list
select
    integration, system, active, connection_id, messages, completions, unusable, last_message_at, last_refused_at
from mart.integrations
order by integration

-- name: messages
select happened_at, integration, event, status, times, detail, message_id
from mart.webhook_log
where cast(:integration as text) is null or integration = :integration
order by log_id desc
limit :most

-- name: any_integration
select integration, system, connection_id, hash, timezone, minimum, maximum, decimals, sends_result, active
from core.integrations
where integration = :integration and closed_at is null

-- name: connections
-- Integrations of a system that are signed for, and when a message of each was taken and refused last.
select
    integrations.integration,
    integrations.connection_id,
    integrations.active,
    integrations.hash,
    max(logged.last_happened_at) filter (where logged.event <> 'refused') as last_taken_at,
    to_char(
        max(logged.last_happened_at) filter (where logged.event = 'refused') at time zone integrations.timezone,
        'YYYY-MM-DD HH24:MI'
    ) as last_refused
from core.integrations
left join ops.webhook_log as logged using (integration)
where integrations.system = :system and integrations.connection_id is not null and integrations.closed_at is null
group by integrations.integration
order by integrations.integration
