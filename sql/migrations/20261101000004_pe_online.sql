-- migrate:up

create table ops.pe_attendance (
    attendance_id bigint generated always as identity primary key,
    org_id integer not null references core.profession_groups,
    client_code text not null references core.clients,
    source text not null references core.sources,
    source_course_id text not null,
    pe_course_id text,
    external_course_code text,
    pe_module_id text,
    external_module_code text,
    course_type integer not null check (course_type between 1 and 4),
    pe_edition_id text,
    external_edition_id text,
    pe_meeting_id text,
    external_meeting_id text,
    relation_number text,
    end_date text not null,
    status text not null check (
        status in ('pending', 'sending', 'accepted', 'accepted_in_test', 'rejected', 'unknown', 'withheld')
    ),
    reason text,
    explanation text,
    attempts integer not null default 0,
    first_due_at timestamptz,
    last_attempt_at timestamptz,
    next_attempt_at timestamptz,
    entered_at timestamptz not null default clock_timestamp(),
    constraint business_fact unique nulls not distinct (
        org_id,
        client_code,
        source,
        source_course_id,
        pe_course_id,
        external_course_code,
        pe_module_id,
        external_module_code
    ),
    check (status = 'withheld' or relation_number is not null),
    check (status not in ('withheld', 'rejected', 'unknown') or reason is not null)
);
create index on ops.pe_attendance (org_id, status);
comment on table ops.pe_attendance is 'Push ledger: one row for each result that a profession group grants points for, keyed by that fact';
comment on column ops.pe_attendance.end_date is 'As offered: local time with its offset, frozen when the row entered the ledger, so that a resend is identical';

create table ops.pe_attempts (
    attempt_id bigint generated always as identity primary key,
    attendance_id bigint not null references ops.pe_attendance,
    call_id uuid not null,
    run_id text not null references ops.runs,
    connection_id text not null,
    mode text not null check (mode in ('test', 'live')),
    started_at timestamptz not null default clock_timestamp(),
    finished_at timestamptz,
    outcome text not null default 'sending' check (
        outcome in ('sending', 'accepted', 'accepted_in_test', 'rejected', 'unknown', 'not_processed')
    ),
    error_code text
);
create index on ops.pe_attempts (attendance_id);
create index on ops.pe_attempts (call_id);
comment on table ops.pe_attempts is 'Every time a row was offered to PE-Online: when, by which run and account, with what outcome';

create table ops.pe_decisions (
    decision_id bigint generated always as identity primary key,
    attendance_id bigint not null references ops.pe_attendance,
    decision text not null check (decision in ('registered', 'not_registered', 'resend')),
    decided_by text not null,
    decided_at timestamptz not null default clock_timestamp()
);
create index on ops.pe_decisions (attendance_id);
comment on table ops.pe_decisions is 'What a person decided about a row: an unknown outcome settled, a rejected row offered again';

-- migrate:down
