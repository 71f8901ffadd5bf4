-- migrate:up
-- Counting who holds what by group reads every period. Main groups are counted once, and again when something of them
-- changed or a day began.
create table ops.competence_groups (
    group_code text primary key,
    main_group_code text not null,
    people bigint not null,
    held bigint not null,
    expiring_in_30_days bigint not null,
    expiring_in_90_days bigint not null,
    counted_at timestamptz not null,
    good_until timestamptz not null
);
create index on ops.competence_groups (main_group_code);
comment on table ops.competence_groups is 'Who holds how much of each group of the competence tree, as mart.competences_by_group says it: kept until something of its main group changes or a day begins';
comment on column ops.competence_groups.main_group_code is 'Main group that it lies in: counted as a whole';
comment on column ops.competence_groups.counted_at is 'When it was counted';
comment on column ops.competence_groups.good_until is 'When the next day begins in the time zone of one of the sources: what is held depends on the day';

create table ops.competences_changed (
    change_id bigint generated always as identity primary key,
    competence_code text
);
comment on table ops.competences_changed is 'Competences of which periods or revocations changed since their groups were counted: triggers write it, whoever counts takes it away';
comment on column ops.competences_changed.competence_code is 'Competence; empty: any may count otherwise than before, since the tree or a time zone changed';

create function ops.keep_changed_competences() returns trigger language plpgsql as $$
begin
    insert into ops.competences_changed (competence_code) select distinct competence_code from changed;
    return null;
end
$$;
comment on function ops.keep_changed_competences() is 'Writes down whose groups are to be counted again';

create procedure ops.watch_competences(relation regclass) language plpgsql as $$
declare
    event text;
begin
    foreach event in array array['insert', 'update', 'delete'] loop
        execute format(
            'create trigger changed_on_%s after %s on %s referencing %s table as changed '
            'for each statement execute function ops.keep_changed_competences()',
            event, event, relation, case event when 'delete' then 'old' else 'new' end
        );
    end loop;
end
$$;
comment on procedure ops.watch_competences(regclass) is 'Have the groups counted again of competences whose rows of a table change; a row keeps its competence';
call ops.watch_competences('core.earned_competences');
call ops.watch_competences('core.recorded_competences');
call ops.watch_competences('ops.competence_decisions');

create function ops.keep_any_competence_changed() returns trigger language plpgsql as $$
begin
    insert into ops.competences_changed (competence_code) values (null);
    return null;
end
$$;
comment on function ops.keep_any_competence_changed() is 'Writes down that all groups are to be counted again';
create trigger tree_grew after insert or delete on core.competences
for each statement execute function ops.keep_any_competence_changed();
create trigger tree_changed after update on core.competences
for each row when (
    old.parent_code is distinct from new.parent_code or old.closed_at is distinct from new.closed_at
) execute function ops.keep_any_competence_changed();
create trigger day_changed after update on core.sources
for each row when (old.timezone is distinct from new.timezone)
execute function ops.keep_any_competence_changed();

-- migrate:down
