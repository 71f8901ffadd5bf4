-- name: tables
-- The tables behind the public views, with what the schema says about them.
select
    cast(cast(relnamespace as regnamespace) as text) as schema,
    relname as table,
    obj_description(oid) as about
from pg_class
where cast(cast(relnamespace as regnamespace) as text) in ('core', 'ops', 'raw')
and relkind = 'r'
and relname <> 'schema_migrations'
order by schema, relname

-- name: views
-- The public views, column by column, with what the schema says about them.
select
    views.relname as view,
    obj_description(views.oid) as about_view,
    columns.attname as column,
    format_type(columns.atttypid, columns.atttypmod) as type,
    col_description(views.oid, columns.attnum) as about
from pg_class as views
join pg_attribute as columns on columns.attrelid = views.oid
where views.relnamespace = cast('mart' as regnamespace)
and views.relkind = 'v'
and columns.attnum > 0
and not columns.attisdropped
order by views.relname, columns.attnum
