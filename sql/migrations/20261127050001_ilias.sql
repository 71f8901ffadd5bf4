-- migrate:up

create table ops.ilias_polls (
    integration text primary key,
    seen_to timestamp,
    derived_to bigint not null
);
comment on table ops.ilias_polls is 'How far each ILIAS site was read: the newest change by its own clock, after which it is asked (seen_to), and the last answer that was derived (derived_to, a landing)';

create table core.ilias_completions (
    integration text not null,
    user_id text not null,
    object_id text not null,
    completed_at timestamptz not null,
    completed_on date not null,
    ref_ids text [] not null,
    landing_id bigint not null,
    run_id text not null,
    recorded_at timestamptz not null default clock_timestamp(),
    primary key (integration, user_id, object_id, completed_at)
);
create index on core.ilias_completions using gin (ref_ids);
comment on table core.ilias_completions is 'Every completion that was seen in an ILIAS site, of whatever object, with the references that the object had; the day is the site''s; landing_id is the answer that showed it first. It stands, whatever the progress became afterwards';

create table core.ilias_users (
    integration text not null,
    user_id text not null,
    known boolean not null,
    matriculation text,
    external_account text,
    read_at timestamptz not null,
    primary key (integration, user_id)
);
comment on table core.ilias_users is 'The numbers that ILIAS shows of users who completed a course of a training: read when they are needed; known: there is such a user';

create table core.ilias_marks (
    integration text not null,
    test text not null,
    user_id text not null,
    points numeric,
    maximum numeric,
    landing_id bigint not null,
    read_at timestamptz not null,
    primary key (integration, test, user_id),
    check ((points is null) = (maximum is null)),
    check (maximum > 0)
);
comment on table core.ilias_marks is 'The points of a test that users had when their mark was needed, and its maximum; none where the test showed no result of them; landing_id is the answer that it was read of';

create table core.ilias_reported (
    integration text not null,
    user_id text not null,
    object_id text not null,
    completed_at timestamptz not null,
    course_id text not null,
    person_id text not null,
    run_id text not null,
    reported_at timestamptz not null default clock_timestamp(),
    primary key (integration, user_id, object_id, completed_at, course_id)
);
comment on table core.ilias_reported is 'Which completions of ILIAS were handed on to core.reported_completions, as whose, and as which course: once each';

-- migrate:down
