-- migrate:up

-- No foreign keys here: results are made by joining rows of these tables, which are closed and never deleted, and
-- looking each of them up three times more would take two thirds of the load.
create table core.unit_results (
    enrolment_code text not null,
    unit_code text not null,
    source text not null,
    status text not null check (status in ('started', 'passed', 'failed')),
    started_on date not null,
    finished_on date,
    grade_percent numeric(7, 4),
    run_id text not null,
    recorded_at timestamptz not null default clock_timestamp(),
    primary key (enrolment_code, unit_code),
    check (finished_on is null or started_on <= finished_on),
    check ((status = 'started') = (finished_on is null))
);
comment on table core.unit_results is 'Unit and task results that were derived and recorded';

create table core.proposed_results (
    enrolment_code text not null references core.enrolments,
    unit_code text not null references core.units,
    source text not null references core.sources,
    status text not null check (status in ('started', 'passed', 'failed')),
    started_on date not null,
    finished_on date,
    grade_percent numeric(7, 4),
    decision text not null default 'open' check (decision in ('open', 'approved', 'dismissed')),
    adjusted boolean not null default false,
    decided_by text,
    decided_at timestamptz,
    run_id text not null,
    proposed_at timestamptz not null default clock_timestamp(),
    primary key (enrolment_code, unit_code, status)
);
comment on table core.proposed_results is 'Results that wait for a person''s approval (setting review = required of the source)';

create table core.courses (
    source text not null references core.sources,
    source_course_id text not null,
    name text not null,
    idnumber text,
    visible boolean,
    gone boolean not null default false,
    primary key (source, source_course_id)
);
comment on table core.courses is 'Courses as their source names them';

create table core.course_completions (
    source text not null references core.sources,
    source_course_id text not null,
    client_code text not null references core.clients,
    completed_at timestamptz not null,
    grade_percent numeric(7, 4),
    passed boolean not null,
    run_id text not null,
    recorded_at timestamptz not null default clock_timestamp(),
    primary key (source, source_course_id, client_code)
);
comment on table core.course_completions is 'Who completed which course, when; once recorded it stands';

create table core.enrolment_completions (
    enrolment_code text primary key references core.enrolments,
    completed_on date not null,
    source text not null references core.sources,
    run_id text not null,
    recorded_at timestamptz not null default clock_timestamp()
);
comment on table core.enrolment_completions is 'Enrolments that a completed course completed, once';

-- migrate:down
