-- migrate:up

create table core.completion_messages (
    message_id bigint primary key references raw.inbox,
    integration text not null,
    person_id text,
    course_id text,
    outcome text not null check (outcome in ('completion', 'unusable', 'ignored', 'test')),
    reason_code text,
    reason text,
    check ((outcome = 'unusable') = (reason_code is not null)),
    check ((reason_code is null) = (reason is null))
);
create index on core.completion_messages (integration, person_id, course_id);
create index completion_messages_unusable on core.completion_messages (message_id) where outcome = 'unusable';
comment on table core.completion_messages is 'What a signed message of an e-learning system is: a completion, one that cannot be used and why, an event that nobody asked for, or a test; with the person and course that it names';

create table ops.webhook_log (
    log_id bigint generated always as identity primary key,
    integration text not null,
    happened_at timestamptz not null default clock_timestamp(),
    event text not null check (event in ('message', 'message_again', 'test_message', 'refused')),
    status integer not null,
    detail text not null,
    message_id bigint,
    times bigint not null default 1,
    last_happened_at timestamptz not null default clock_timestamp()
);
create index on ops.webhook_log (integration, log_id desc);
create index on ops.webhook_log (last_happened_at);
comment on table ops.webhook_log is 'Every message that came in for an integration and what its sender was told, the same again within an hour counted; never a person, a secret or what was sent';

-- migrate:down
