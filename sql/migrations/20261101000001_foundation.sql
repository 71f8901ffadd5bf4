-- migrate:up

create schema raw;
create schema core;
create schema mart;

comment on schema raw is 'Answers of the sources, as received';
comment on schema core is 'Reference data and results; the tables behind the views';
comment on schema mart is 'The public interface: what people and programs read';
-- ops exists already: the migration tool keeps its own table there
comment on schema ops is 'Runs, rejections, link log and push ledger';

create table raw.bodies (
    sha256 bytea primary key,
    raw_bytes bigint not null,
    body bytea not null
);
alter table raw.bodies alter column body set storage external;
comment on table raw.bodies is 'Bodies of answers, each once, compressed with zlib, keyed by the hash of what was received';

create table ops.runs (
    run_id text primary key,
    flow text not null,
    airflow_run_id text,
    parameters jsonb not null default '{}',
    data_from timestamptz,
    data_to timestamptz,
    started_at timestamptz not null default clock_timestamp(),
    finished_at timestamptz,
    status text not null default 'running' check (status in ('running', 'success', 'incomplete', 'failed')),
    unique (flow, airflow_run_id)
);
comment on table ops.runs is 'One row a run of a flow, also when its tasks were cleared and ran again';

create table ops.run_steps (
    run_id text not null references ops.runs,
    step text not null,
    scope text not null,
    read bigint not null default 0,
    written bigint not null default 0,
    unchanged bigint not null default 0,
    rejected bigint not null default 0,
    ignored bigint not null default 0,
    calls bigint not null default 0,
    bytes bigint not null default 0,
    problem_code text,
    problem text,
    finished_at timestamptz not null default clock_timestamp(),
    primary key (run_id, step, scope),
    constraint counts_add_up check (read = written + unchanged + rejected + ignored)
);
comment on table ops.run_steps is 'What one step of a run did for one course, batch or account; a rerun replaces its row';

create table raw.landings (
    landing_id bigint generated always as identity primary key,
    source text not null,
    scope text not null,
    resource text not null,
    key text not null,
    sha256 bytea not null references raw.bodies,
    run_id text not null references ops.runs,
    landed_at timestamptz not null default clock_timestamp()
);
create index on raw.landings (source, scope, resource, key, landing_id desc);
create index on raw.landings (run_id);
comment on table raw.landings is 'Which answer came from which source, for which scope (a course), resource and key, when, in which run';

create table ops.derivations (
    flow text not null,
    source text not null,
    scope text not null,
    inputs bytea not null,
    run_id text not null references ops.runs,
    derived_at timestamptz not null default clock_timestamp(),
    primary key (flow, source, scope)
);
comment on table ops.derivations is 'From which inputs (hash over landed answers and reference data) a course was derived last';

create table ops.rejections (
    rejection_id bigint generated always as identity primary key,
    flow text not null,
    source text not null,
    scope text not null,
    resource text not null,
    record_key text not null,
    reason_code text not null,
    reason text not null,
    run_id text not null references ops.runs,
    first_seen_at timestamptz not null default clock_timestamp(),
    last_seen_at timestamptz not null default clock_timestamp(),
    resolved_at timestamptz
);
create index on ops.rejections (run_id);
create unique index rejections_open on ops.rejections (flow, source, scope, resource, record_key, reason_code)
where resolved_at is null;
comment on table ops.rejections is 'Rows that were not recorded, each with its reason; open while the cause lasts';

create table ops.reference_version (
    only_one boolean primary key default true check (only_one),
    version bigint not null
);
insert into ops.reference_version (version) values (1);
comment on table ops.reference_version is 'Grows with every change of reference data, so that results are derived again from what was landed';

create function ops.bump_reference_version() returns trigger language plpgsql as $$
begin
    if exists (select from changed) then
        update ops.reference_version set version = version + 1;
    end if;
    return null;
end
$$;

-- Every reference table calls this once after it is created.
create procedure ops.watch_reference(relation regclass) language plpgsql as $$
begin
    execute format('create trigger bump_on_insert after insert on %s referencing new table as changed
                    for each statement execute function ops.bump_reference_version()', relation);
    execute format('create trigger bump_on_update after update on %s referencing new table as changed
                    for each statement execute function ops.bump_reference_version()', relation);
    execute format('create trigger bump_on_delete after delete on %s referencing old table as changed
                    for each statement execute function ops.bump_reference_version()', relation);
end
$$;

-- migrate:down
