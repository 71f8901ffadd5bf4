-- migrate:up

-- A learner may pass a course again, and earn points again in a new accreditation period: the pass is part of the key.
alter table ops.pe_attendance add column passed_at timestamptz;
update ops.pe_attendance set passed_at = cast(end_date as timestamptz);
alter table ops.pe_attendance
    alter column passed_at set not null,
    drop constraint business_fact,
    add constraint business_fact unique nulls not distinct (
        org_id,
        client_code,
        source,
        source_course_id,
        passed_at,
        pe_course_id,
        external_course_code,
        pe_module_id,
        external_module_code
    );
comment on column ops.pe_attendance.passed_at is 'The moment of end_date: which pass of the learner the row is about';

alter table ops.pe_attempts add column cause text;
comment on column ops.pe_attempts.cause is 'Why no answer told the outcome, or why nothing was sent: HTTP status, TLS, time-out, fault code';

alter table ops.pe_decisions add column status_before text;
comment on column ops.pe_decisions.status_before is 'How the row stood when the person decided; empty: before this was written down';

-- migrate:down
