-- migrate:up
-- What people change is written down by the database: no command, import or page can forget it. A night sets no author,
-- and then a trigger costs its condition: a trigger for statements would collect the rows of every night first.
create table ops.audit (
    audit_id bigint generated always as identity primary key,
    changed_at timestamptz not null default now(),
    who text not null,
    through text not null check (through in ('page', 'command', 'import')),
    table_name text not null,
    key jsonb,
    before jsonb,
    after jsonb
);
create index on ops.audit (changed_at, audit_id);
create index on ops.audit (table_name, audit_id);
create index on ops.audit using gin (key jsonb_path_ops);
comment on table ops.audit is 'Each row that a person added, changed or took away, and each file that a person imported; names and addresses of people are left out';
comment on column ops.audit.changed_at is 'When: the same for all that was done at once';
comment on column ops.audit.who is 'Who, as Airflow or the operating system knows them, or as they said';
comment on column ops.audit.through is 'page, command or import';
comment on column ops.audit.table_name is 'Table, with its schema';
comment on column ops.audit.key is 'Key of the row; empty: the whole table, by a file';
comment on column ops.audit.before is 'What changed, as it was; empty for a row that was added';
comment on column ops.audit.after is 'What changed, as it is now; empty for a row that was taken away. Of a file: rows read, added, changed and closed';

create function ops.keep_audit() returns trigger language plpgsql as $$
declare
    key_columns constant text[] := string_to_array(tg_argv[0], ',');
    hidden constant text[] := string_to_array(tg_argv[1], ',');
    was jsonb := to_jsonb(old);
    becomes jsonb := to_jsonb(new);
    row_key jsonb;
begin
    select jsonb_object_agg(name, coalesce(becomes, was) -> name) into row_key from unnest(key_columns) as name;
    if tg_op = 'UPDATE' then
        select
            jsonb_object_agg(name, value),
            jsonb_object_agg(name, becomes -> name)
        into was, becomes
        from jsonb_each(was) as held (name, value)
        where value is distinct from becomes -> name;
        if was is null then
            return null;
        end if;
    end if;
    insert into ops.audit (who, through, table_name, key, before, after)
    values (
        current_setting('audit.who'),
        current_setting('audit.through'),
        tg_table_schema || '.' || tg_table_name,
        row_key,
        ops.without_people(was - key_columns, hidden),
        ops.without_people(becomes - key_columns, hidden)
    );
    return null;
end
$$;
comment on function ops.keep_audit() is 'Writes a changed row down; told the columns of its key, and those whose values are not kept';

create function ops.without_people(kept jsonb, hidden text []) returns jsonb immutable strict language sql as $$
    select jsonb_object_agg(
        name,
        case when value <> 'null' and name = any(hidden) then to_jsonb(text '(not kept)') else value end
    )
    from jsonb_each(kept) as held (name, value)
    where value <> 'null' or not name = any(hidden)
$$;
comment on function ops.without_people(jsonb, text []) is 'The values without those of hidden columns, of which only stays that there is one';

-- A decision about what is sent stands beside the item, whose status it changes.
create function ops.keep_audit_of_decision() returns trigger language plpgsql as $$
begin
    insert into ops.audit (who, through, table_name, key, before, after)
    select
        current_setting('audit.who'),
        current_setting('audit.through'),
        'ops.outbox',
        jsonb_build_object('item_id', item_id),
        jsonb_build_object('status', new.status_before),
        jsonb_build_object('status', status, 'decision', new.decision)
    from ops.outbox
    where item_id = new.item_id;
    return null;
end
$$;

create procedure ops.audit_table(
    audited regclass, hidden text default '', imports boolean default true
) language plpgsql as $$
declare
    key_columns text;
begin
    select string_agg(attname, ',' order by array_position(indkey, attnum)) into strict key_columns
    from pg_index
    join pg_attribute on attrelid = indrelid and attnum = any(indkey)
    where indrelid = audited and indisprimary;
    execute format(
        'create trigger audit after insert or update or delete on %s for each row when (%s) '
        'execute function ops.keep_audit(%L, %L)',
        audited,
        case
            when imports then 'nullif(current_setting(''audit.who'', true), '''') is not null'
            else 'nullif(current_setting(''audit.who'', true), '''') is not null'
                ' and current_setting(''audit.through'', true) <> ''import'''
        end,
        key_columns,
        hidden
    );
end
$$;
comment on procedure ops.audit_table(regclass, text, boolean) is 'Have a table''s changes by people written down, but for the values of hidden columns; without imports where one brings 100,000 rows, and its file is written down instead';

create trigger audit after insert on ops.outbox_decisions
for each row when (nullif(current_setting('audit.who', true), '') is not null)
execute function ops.keep_audit_of_decision();

call ops.audit_table('core.sources');
call ops.audit_table('core.integrations');
call ops.audit_table('core.occurrences');
call ops.audit_table('core.units');
call ops.audit_table('core.course_links');
call ops.audit_table('core.activity_links');
call ops.audit_table('core.competences');
call ops.audit_table('core.competence_links');
call ops.audit_table('core.profession_groups');
call ops.audit_table('core.accreditations');
call ops.audit_table('core.school_links');
call ops.audit_table('core.excluded_tests');
call ops.audit_table('core.moodle_writing');
call ops.audit_table('core.moodle_course_links');
call ops.audit_table('core.trainings');
call ops.audit_table('core.training_parts');
call ops.audit_table('core.proposed_results');
call ops.audit_table('ops.link_codes', 'salt,hash');
call ops.audit_table('ops.moodle_courses');
call ops.audit_table('ops.rejections', 'reason');
call ops.audit_table('ops.competence_decisions');
call ops.audit_table('ops.completion_decisions');
call ops.audit_table(
    'core.clients', 'external_id,username,given_name,other_name,surname,email', imports => false
);
call ops.audit_table('core.client_numbers', 'value', imports => false);
call ops.audit_table('core.enrolments', imports => false);
call ops.audit_table('core.enrolment_units', imports => false);
call ops.audit_table('core.recorded_results', imports => false);
call ops.audit_table('core.recorded_competences', imports => false);
call ops.audit_table('core.training_requests', imports => false);
call ops.audit_table('core.training_request_parts', imports => false);

create or replace function ops.log_link() returns trigger language plpgsql as $$
declare
    happened text;
begin
    if tg_op = 'INSERT' or old.closed_at is not null and new.closed_at is null then
        happened := case new.status when 'active' then 'activated' else new.status end;
    elsif new.closed_at is not null and old.closed_at is null then
        happened := 'ended';
    elsif new.status <> old.status then
        happened := case new.status
            when 'active' then case old.status when 'paused' then 'resumed' else 'activated' end
            else new.status
        end;
    elsif new is distinct from old then
        happened := 'changed';
    else
        return null;
    end if;
    insert into ops.link_log (brin6, event, detail, actor) values (
        new.brin6, happened,
        format('terms accepted by %s on %s, starts on %s', new.accepted_by, new.accepted_on, new.start_date),
        nullif(current_setting('audit.who', true), '')
    );
    return null;
end
$$;

create or replace function ops.log_link_code() returns trigger language plpgsql as $$
begin
    insert into ops.link_log (brin6, event, actor) values (
        coalesce(new.brin6, old.brin6),
        case tg_op when 'DELETE' then 'code_removed' else 'code_entered' end,
        nullif(current_setting('audit.who', true), '')
    );
    return null;
end
$$;

-- migrate:down
