-- migrate:up

-- Integrations of e-learning systems that report completions, and what each of them has reported.
create table core.integrations (
    integration text primary key,
    system text not null,
    connection_id text,
    hash text not null check (hash in ('sha1', 'sha256', 'sha384', 'sha512')),
    timezone text not null,
    minimum numeric,
    maximum numeric,
    decimals integer check (decimals between 0 and 6),
    pass_mark numeric,
    sends_result boolean not null,
    sends_presence boolean not null,
    sends_passed boolean not null,
    person_scheme text not null check (person_scheme in ('person', 'external')),
    active boolean not null,
    closed_at timestamptz,
    check (minimum <= maximum),
    check (pass_mark between minimum and maximum)
);
comment on table core.integrations is 'Integrations of e-learning systems that report completions: how each signs, in which time zone it is, the result definition that its grades are recorded under, what it sends and whose numbers it uses; of a polled system the integration is named as its source';
call ops.watch_reference('core.integrations');

create table core.reported_completions (
    completion_id bigint generated always as identity primary key,
    integration text not null,
    person_id text not null,
    course_id text not null,
    completed_at timestamptz not null,
    completed_on date not null,
    grade numeric check (grade not in ('NaN', 'Infinity', '-Infinity')),
    presence boolean,
    passed boolean,
    message_id bigint unique references raw.inbox,
    reported_at timestamptz not null default clock_timestamp()
);
-- What is polled is the same completion at the same moment; what is sent, in the same message.
create unique index reported_completions_polled
on core.reported_completions (integration, person_id, course_id, completed_at)
where message_id is null;
create index on core.reported_completions (integration, person_id, course_id);
comment on table core.reported_completions is 'Each completion of a course that an e-learning system reported, as it said it: whose (person and course by its own ids), when, and with which grade, presence and pass, where it told them; the day is in the time zone of the integration; the message it came in, none of a polled system; reported_at and then the number are the order in which they came';

-- migrate:down
