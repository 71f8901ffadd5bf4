-- migrate:up

create table core.trainings (
    training_code text primary key,
    name text not null,
    closed_at timestamptz
);
comment on table core.trainings is 'Trainings that learners ask for, as the training administration names them';

create table core.training_parts (
    part_code text primary key,
    training_code text not null references core.trainings,
    name text not null,
    integration text not null references core.integrations,
    course_id text not null,
    closed_at timestamptz
);
create index on core.training_parts (integration, course_id);
create index on core.training_parts (training_code);
comment on table core.training_parts is 'The e-learning parts of trainings: each is a course of an e-learning system, by its number there';

create table core.training_requests (
    request_code text primary key,
    training_code text not null references core.trainings,
    person_id text,
    external_id text,
    client_code text references core.clients,
    status text not null check (status in ('open', 'finished', 'cancelled')),
    closed_at timestamptz,
    check (coalesce(person_id, external_id) is not null)
);
create index on core.training_requests (person_id);
create index on core.training_requests (external_id);
create index on core.training_requests (client_code);
create index on core.training_requests (training_code);
comment on table core.training_requests is 'Who asked for which training: by the number of the person, or the number under which others know the person; the client, where this warehouse has one';

create table core.training_request_parts (
    request_code text not null references core.training_requests,
    part_code text not null references core.training_parts,
    result numeric,
    finished boolean not null,
    approved boolean not null,
    approved_on date,
    closed_at timestamptz,
    primary key (request_code, part_code),
    check (approved_on is null or approved)
);
create index on core.training_request_parts (part_code);
comment on table core.training_request_parts is 'Parts of requests of which the training administration holds something already: it stands';

call ops.watch_reference('core.trainings');
call ops.watch_reference('core.training_parts');
call ops.watch_reference('core.training_requests');
call ops.watch_reference('core.training_request_parts');

create table core.registrations (
    request_code text not null,
    part_code text not null,
    completion_id bigint not null,
    completed_at timestamptz not null,
    result numeric,
    presence boolean not null,
    passed boolean not null,
    finished boolean not null,
    approved boolean not null,
    approved_on date,
    run_id text not null,
    registered_at timestamptz not null default clock_timestamp(),
    changed_at timestamptz not null default clock_timestamp(),
    primary key (request_code, part_code),
    check ((approved_on is not null) = approved)
);
comment on table core.registrations is 'What completed courses registered of parts of requests: the first completion of each, the result, presence and pass that were given, finished, approved and since which day';

create table core.registration_attempts (
    completion_id bigint not null,
    request_code text not null,
    part_code text not null,
    outcome text not null check (outcome in ('registered', 'added', 'nothing_new')),
    grade numeric,
    grade_registered boolean,
    run_id text not null,
    recorded_at timestamptz not null default clock_timestamp(),
    primary key (completion_id, request_code, part_code)
);
create index on core.registration_attempts (request_code, part_code);
create index on core.registration_attempts (request_code) where not grade_registered;
comment on table core.registration_attempts is 'Which completion counted for which part of which request, what it did, and whether its grade is the registered one; a completion counts once';

-- migrate:down
