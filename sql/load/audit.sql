-- name: by
select
    set_config('audit.who', :who, true) as who,
    set_config(
        'audit.through',
        coalesce(cast(:through as text), nullif(current_setting('audit.through', true), ''), 'command'),
        true
    ) as through

-- name: changes
-- What people changed, newest first.
select changed_at, who, through, table_name, key, before, after
from mart.audit
where (cast(:who as text) is null or who = :who)
and (cast(:table as text) is null or :table in (table_name, split_part(table_name, '.', 2)))
and changed_at >= coalesce(cast(:since as timestamptz), '-infinity')
order by changed_at desc, audit_id desc
limit :most

-- name: keep_file
insert into ops.audit (who, through, table_name, after)
values (
    current_setting('audit.who'),
    current_setting('audit.through'),
    :table_name,
    jsonb_build_object(
        'read', cast(:read as bigint),
        'added', cast(:added as bigint),
        'changed', cast(:changed as bigint),
        'closed', cast(:closed as bigint)
    )
)
