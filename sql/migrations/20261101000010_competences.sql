-- migrate:up

create table core.competences (
    competence_code text primary key,
    parent_code text references core.competences,
    name text not null,
    validity_days integer check (validity_days between 1 and 36525),
    closed_at timestamptz
);
create index on core.competences (parent_code);
comment on table core.competences is 'Competence tree: main groups (no parent), groups in them, and competences; validity_days is the default of how long one is valid';

create table core.competence_links (
    source text not null references core.sources,
    source_course_id text not null,
    competence_code text not null references core.competences,
    linked_on date,
    closed_at timestamptz,
    primary key (source, source_course_id, competence_code)
);
create index on core.competence_links (competence_code);
comment on table core.competence_links is 'Which courses give which competences, many to many';

create table core.recorded_competences (
    client_code text not null references core.clients,
    competence_code text not null references core.competences,
    valid_from date not null,
    valid_to date,
    closed_at timestamptz,
    primary key (client_code, competence_code, valid_from)
);
create index on core.recorded_competences (competence_code);
comment on table core.recorded_competences is 'Competences the administration holds already; they stand';

create table core.course_passes (
    source text not null references core.sources,
    source_course_id text not null,
    client_code text not null references core.clients,
    passed_at timestamptz not null,
    run_id text not null,
    recorded_at timestamptz not null default clock_timestamp(),
    primary key (source, source_course_id, client_code, passed_at)
);
comment on table core.course_passes is 'Every approved attempt of a matched participant, in courses that can be passed again; what competences are given for';

create table core.earned_competences (
    client_code text not null references core.clients,
    competence_code text not null references core.competences,
    valid_from date not null,
    valid_to date,
    source text not null references core.sources,
    source_course_id text not null,
    run_id text not null,
    recorded_at timestamptz not null default clock_timestamp(),
    primary key (client_code, competence_code, valid_from),
    check (valid_from <= valid_to)
);
create index on core.earned_competences (competence_code);
comment on table core.earned_competences is 'Periods of competences that a passed course gave; never changed afterwards';

create table ops.competence_decisions (
    decision_id bigint generated always as identity primary key,
    decision text not null check (decision in ('revoked', 'restored', 'unlinked')),
    competence_code text not null references core.competences,
    client_code text references core.clients,
    source text references core.sources,
    source_course_id text,
    decided_by text not null check (btrim(decided_by) <> ''),
    decided_at timestamptz not null default clock_timestamp(),
    reason text not null check (btrim(reason) <> ''),
    check ((decision = 'unlinked') = (source is not null and source_course_id is not null))
);
create index on ops.competence_decisions (competence_code, client_code);
comment on table ops.competence_decisions is 'Who revoked or restored a competence (of one person, or of everyone: client_code is empty) or removed a link, when and why';

create view core.revoked_competences as
select competence_code, client_code, decided_by, decided_at, reason
from (
    select distinct on (competence_code, client_code)
        competence_code, client_code, decision, decided_by, decided_at, reason
    from ops.competence_decisions
    where decision in ('revoked', 'restored')
    order by competence_code asc, client_code asc, decision_id desc
) as newest
where decision = 'revoked';
comment on view core.revoked_competences is 'Removals that stand: the newest decision about a person''s competence, or about everyone''s (client_code is empty)';

call ops.watch_reference('core.competences');
call ops.watch_reference('core.competence_links');
call ops.watch_reference('core.recorded_competences');
call ops.watch_reference('ops.competence_decisions');

-- migrate:down
