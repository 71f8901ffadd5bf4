create or replace view mart.received_messages as
select
    said.message_id,
    inbox.system,
    said.integration,
    inbox.created_at,
    inbox.received_at,
    delivered.deliveries,
    delivered.last_received_at,
    said.person_id,
    said.course_id,
    said.outcome,
    said.reason_code,
    said.reason,
    completions.completion_id,
    completions.completed_on,
    completions.grade,
    completions.presence,
    completions.passed,
    inbox.body is not null as body_is_kept
from core.completion_messages as said
join raw.inbox using (message_id)
left join core.reported_completions as completions using (message_id)
cross join lateral (
    select
        count(*) as deliveries,
        max(deliveries.received_at) as last_received_at
    from ops.deliveries
    where deliveries.message_id = said.message_id
) as delivered;

create or replace view mart.webhook_log as
select
    log_id,
    integration,
    happened_at,
    event,
    status,
    detail,
    message_id,
    times,
    last_happened_at
from ops.webhook_log;

create or replace view mart.integrations as
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
    integrations.person_scheme,
    integrations.active and integrations.closed_at is null as active,
    coalesce(messages.messages, 0) as messages,
    coalesce(messages.unusable, 0) as unusable,
    coalesce(completions.completions, 0) as completions,
    messages.last_message_at,
    completions.last_reported_at,
    logged.last_test_message_at,
    logged.last_refused_at
from core.integrations
left join (
    select
        said.integration,
        count(*) filter (where said.outcome <> 'test') as messages,
        count(*) filter (where said.outcome = 'unusable') as unusable,
        max(inbox.received_at) filter (where said.outcome <> 'test') as last_message_at
    from core.completion_messages as said
    join raw.inbox using (message_id)
    group by said.integration
) as messages using (integration)
left join (
    select
        integration,
        count(*) as completions,
        max(reported_at) as last_reported_at
    from core.reported_completions
    group by integration
) as completions using (integration)
left join (
    select
        integration,
        max(last_happened_at) filter (where event = 'test_message') as last_test_message_at,
        max(last_happened_at) filter (where event = 'refused') as last_refused_at
    from ops.webhook_log
    group by integration
) as logged using (integration);

comment on view mart.received_messages is 'Signed messages of e-learning systems: what each says, whether it can be used and, where not, why; the same message again is one more delivery. What a completion did is in mart.registrations';
comment on view mart.webhook_log is 'Every message that came in for an integration and what its sender was told: message, message_again, test_message, refused; never a person, a secret or what was sent';
comment on view mart.integrations is 'Integrations of e-learning systems: their settings, counts, and when something came in last';

comment on column mart.received_messages.message_id is 'Message in the inbox';
comment on column mart.received_messages.system is 'System that sent it';
comment on column mart.received_messages.integration is 'Integration under whose signature it came';
comment on column mart.received_messages.created_at is 'When its sender says that it was made, where it does';
comment on column mart.received_messages.received_at is 'When it came in first';
comment on column mart.received_messages.deliveries is 'How many times it came in';
comment on column mart.received_messages.last_received_at is 'When it came in last';
comment on column mart.received_messages.person_id is 'The person, by the number that the sender uses; empty where it could not be read';
comment on column mart.received_messages.course_id is 'The course, by the number that the sender uses; empty where it could not be read';
comment on column mart.received_messages.outcome is 'completion; unusable (see reason); ignored: an event of which nothing is registered; test: a test message';
comment on column mart.received_messages.reason_code is 'Why it cannot be used, as a code';
comment on column mart.received_messages.reason is 'Why it cannot be used, in a sentence';
comment on column mart.received_messages.completion_id is 'The completion that it reports';
comment on column mart.received_messages.completed_on is 'Day of completion, in the time zone of the integration';
comment on column mart.received_messages.grade is 'Grade as it was sent; empty: none';
comment on column mart.received_messages.presence is 'Presence as it was sent; empty: not said';
comment on column mart.received_messages.passed is 'Passed as it was sent; empty: not said';
comment on column mart.received_messages.body_is_kept is 'Whether the message itself is still kept';

comment on column mart.webhook_log.log_id is 'Number of the entry';
comment on column mart.webhook_log.integration is 'Integration';
comment on column mart.webhook_log.happened_at is 'When it happened first';
comment on column mart.webhook_log.event is 'message, message_again (kept before), test_message, or refused (not signed as agreed; nothing was kept)';
comment on column mart.webhook_log.status is 'Status of HTTP that the sender was told';
comment on column mart.webhook_log.detail is 'The sentence that the sender was told';
comment on column mart.webhook_log.message_id is 'Message in the inbox; of what was counted, the first';
comment on column mart.webhook_log.times is 'How often it happened within the hour';
comment on column mart.webhook_log.last_happened_at is 'When it happened last';

comment on column mart.integrations.integration is 'Integration; the last part of the address that its sender posts to';
comment on column mart.integrations.system is 'System that reports';
comment on column mart.integrations.connection_id is 'Connection that holds the secret of its sender, or by which it is polled; empty for one that is a source of sources.csv too';
comment on column mart.integrations.hash is 'Hash that its sender signs with';
comment on column mart.integrations.timezone is 'Time zone of its times and days';
comment on column mart.integrations.minimum is 'Lowest result of its result definition';
comment on column mart.integrations.maximum is 'Highest result of its result definition';
comment on column mart.integrations.decimals is 'Decimals of its results';
comment on column mart.integrations.pass_mark is 'Result from which one has passed; empty: its result definition has none';
comment on column mart.integrations.sends_result is 'Whether results are registered';
comment on column mart.integrations.sends_presence is 'Whether presence is registered';
comment on column mart.integrations.sends_passed is 'Whether a pass is registered';
comment on column mart.integrations.person_scheme is 'Whose numbers it uses for persons: person (ours) or external (those under which others know them)';
comment on column mart.integrations.active is 'Whether it is in use and not paused';
comment on column mart.integrations.messages is 'How many messages came in, each counted once, without test messages';
comment on column mart.integrations.unusable is 'How many of them cannot be used';
comment on column mart.integrations.completions is 'How many completions it reported';
comment on column mart.integrations.last_message_at is 'When a new message came in last';
comment on column mart.integrations.last_reported_at is 'When a completion was reported last';
comment on column mart.integrations.last_test_message_at is 'When a test message came in last';
comment on column mart.integrations.last_refused_at is 'When a message was refused last because of its signature';
