-- migrate:up

create table core.sources (
    source text primary key,
    system text not null check (system in ('moodle', 'infocaption', 'iep_lvs')),
    connection_id text not null,
    timezone text not null,
    match_code boolean not null default true,
    match_fields text,
    record_failed boolean not null default true,
    allow_resit boolean not null default false,
    use_enrolment_start boolean not null default false,
    review text not null default 'none' check (review in ('none', 'required')),
    closed_at timestamptz
);
comment on table core.sources is 'Connected systems and the settings of each integration';

create table core.clients (
    client_code text primary key,
    external_id text,
    username text,
    given_name text,
    other_name text,
    surname text,
    email text,
    archived boolean not null default false,
    closed_at timestamptz
);
comment on table core.clients is 'People of the administration (clients, learners, employees, pupils)';

create table core.client_numbers (
    client_code text not null references core.clients,
    scheme text not null,
    value text not null,
    closed_at timestamptz,
    primary key (client_code, scheme)
);
comment on table core.client_numbers is 'Numbers a person has elsewhere: pe:<org_id>, moodle:<source>, eckid ...';

create table core.occurrences (
    occurrence_code text primary key,
    name text not null,
    start_date date,
    finish_date date,
    status text not null check (status in ('planned', 'active', 'finished', 'cancelled')),
    closed_at timestamptz
);
comment on table core.occurrences is 'Course runs of the administration';

create table core.units (
    unit_code text primary key,
    kind text not null check (kind in ('unit', 'task')),
    name text not null,
    closed_at timestamptz
);
comment on table core.units is 'Units and tasks that learners are resulted for';

create table core.enrolments (
    enrolment_code text primary key,
    client_code text not null references core.clients,
    occurrence_code text not null references core.occurrences,
    status text not null check (status in ('active', 'completed', 'withdrawn')),
    start_date date,
    closed_at timestamptz
);
create index on core.enrolments (occurrence_code);
create index on core.enrolments (client_code);
comment on table core.enrolments is 'Enrolments as the administration holds them; what a poll completed stands in core.enrolment_completions';

create table core.enrolment_units (
    enrolment_code text not null references core.enrolments,
    unit_code text not null references core.units,
    expected_start_date date,
    closed_at timestamptz,
    primary key (enrolment_code, unit_code)
);
comment on table core.enrolment_units is 'Training plan: the units of an enrolment';

create table core.course_links (
    occurrence_code text not null references core.occurrences,
    source text not null references core.sources,
    source_course_id text not null,
    closed_at timestamptz,
    primary key (occurrence_code, source, source_course_id)
);
comment on table core.course_links is 'Courses linked to an occurrence by hand (a course whose idnumber is the occurrence code needs no row)';

create table core.activity_links (
    occurrence_code text not null references core.occurrences,
    unit_code text not null references core.units,
    source text not null references core.sources,
    activity_id text not null,
    closed_at timestamptz,
    primary key (occurrence_code, unit_code, source, activity_id)
);
comment on table core.activity_links is 'Which activities of a course count for which unit of an occurrence, many to many';

create table core.recorded_results (
    enrolment_code text not null references core.enrolments,
    unit_code text not null references core.units,
    status text not null check (status in ('started', 'passed', 'failed')),
    started_on date,
    finished_on date,
    closed_at timestamptz,
    primary key (enrolment_code, unit_code)
);
comment on table core.recorded_results is 'Results the administration holds already; they stand';

create table core.profession_groups (
    org_id integer primary key,
    name text not null,
    active boolean not null,
    number_scheme text not null,
    number_pattern text not null,
    connection_id text not null default 'pe_online',
    closed_at timestamptz
);
comment on table core.profession_groups is 'Registers of PE-Online, where the relation number of a learner stands, and the account that may write';

create table core.accreditations (
    org_id integer not null references core.profession_groups,
    source text not null references core.sources,
    source_course_id text not null,
    valid_from date not null,
    valid_to date,
    pe_course_id text,
    external_course_code text,
    pe_module_id text,
    external_module_code text,
    course_type integer not null default 2 check (course_type between 1 and 4),
    pe_edition_id text,
    external_edition_id text,
    pe_meeting_id text,
    external_meeting_id text,
    closed_at timestamptz,
    primary key (org_id, source, source_course_id, valid_from),
    check ((pe_course_id is null) <> (external_course_code is null))
);
comment on table core.accreditations is 'For which course, in which period, a profession group grants points, and under which PE-Online course';

call ops.watch_reference('core.sources');
call ops.watch_reference('core.clients');
call ops.watch_reference('core.client_numbers');
call ops.watch_reference('core.occurrences');
call ops.watch_reference('core.units');
call ops.watch_reference('core.enrolments');
call ops.watch_reference('core.enrolment_units');
call ops.watch_reference('core.course_links');
call ops.watch_reference('core.activity_links');
call ops.watch_reference('core.recorded_results');
call ops.watch_reference('core.profession_groups');
call ops.watch_reference('core.accreditations');

-- migrate:down
