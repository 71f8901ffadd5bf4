-- migrate:up

-- When a link was made, as the warehouse saw it: what people hold stands against courses that were linked later.
-- Links of before were there when their course was polled first; one that never was counts as older than all.
alter table core.competence_links add column linked_at timestamptz not null default clock_timestamp();
alter table core.competence_links disable trigger user;
update core.competence_links as links
set linked_at = coalesce(
    (
        select min(finished_at)
        from ops.run_steps
        where step = 'land' and scope = links.source || '/' || links.source_course_id
    ),
    cast(links.linked_on as timestamptz),
    'epoch'
);
alter table core.competence_links enable trigger user;
comment on column core.competence_links.linked_at is 'When the link was made, or made again, in this warehouse; linked_on is what the administration says';

create function core.link_again() returns trigger language plpgsql as $$
begin
    new.linked_at = clock_timestamp();
    return new;
end
$$;
create trigger link_again before update of closed_at on core.competence_links
for each row when (old.closed_at is not null and new.closed_at is null) execute function core.link_again();

create table core.course_readings (
    source text not null references core.sources,
    source_course_id text not null,
    read_at timestamptz not null,
    whole boolean not null,
    primary key (source, source_course_id, read_at)
);
comment on table core.course_readings is 'When a course that gives competences was read, and everything read of it was derived; nothing is given for a competence before each of its courses was read once';
comment on column core.course_readings.read_at is 'When the last answer was landed';
comment on column core.course_readings.whole is 'Whether nobody was left out; false: what of a learner could not be read is still asked for';

insert into core.course_readings (source, source_course_id, read_at, whole)
select distinct landed.source, landed.scope, landed.landed_at, true
from raw.landings as landed
join core.sources using (source)
join ops.derivations as derived
    on derived.source = landed.source
    and derived.scope = landed.scope
    and derived.flow = case sources.system when 'moodle' then 'moodle_results' else 'infocaption_competences' end
where landed.resource in ('participants', 'changes', 'no_changes', 'users')
and exists (
    select from core.competence_links as links
    where links.source = landed.source and links.source_course_id = landed.scope
);

create table core.corrected_competences (
    client_code text not null references core.clients,
    competence_code text not null references core.competences,
    valid_from date not null,
    valid_to date,
    source text not null references core.sources,
    source_course_id text not null,
    run_id text not null,
    recorded_at timestamptz not null,
    corrected_by text not null,
    corrected_at timestamptz not null default clock_timestamp(),
    primary key (client_code, competence_code, valid_from, recorded_at)
);
comment on table core.corrected_competences is 'Periods as they stood before they were corrected: they had been given while a course that gives the competence could not be read';
comment on column core.corrected_competences.corrected_by is 'Run that read the course and corrected the period';

-- migrate:down
