-- migrate:up

-- passed was always true: now a person can say that a completion does not count.
create table ops.completion_decisions (
    decision_id bigint generated always as identity primary key,
    decision text not null check (decision in ('revoked', 'restored')),
    source text not null references core.sources,
    source_course_id text not null,
    client_code text not null references core.clients,
    completed_at timestamptz not null,
    decided_by text not null check (btrim(decided_by) <> ''),
    decided_at timestamptz not null default clock_timestamp(),
    reason text not null check (btrim(reason) <> '')
);
create index on ops.completion_decisions (source, source_course_id, client_code, completed_at);
comment on table ops.completion_decisions is 'Who revoked or restored which completion of a course, when and why';
comment on column core.course_completions.passed is 'Whether the completion counts: false while a person''s revocation of it stands (ops.completion_decisions)';

-- migrate:down
