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
