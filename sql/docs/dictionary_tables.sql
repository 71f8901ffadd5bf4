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
