-- Views and materialised views of others that read a view of ours, directly or through other views.
with recursive readers as (
    select views.oid
    from pg_class as views
    where views.oid = any(select to_regclass(name) from unnest(cast(:views as text[])) as name)
    union
    select rules.ev_class
    from readers
    join pg_depend
        on pg_depend.refobjid = readers.oid
        and pg_depend.refclassid = cast('pg_class' as regclass)
        and pg_depend.classid = cast('pg_rewrite' as regclass)
    join pg_rewrite as rules on rules.oid = pg_depend.objid
)

select format('%I.%I', pg_namespace.nspname, pg_class.relname) as dependent
from readers
join pg_class using (oid)
join pg_namespace on pg_namespace.oid = pg_class.relnamespace
where not (format('%I.%I', pg_namespace.nspname, pg_class.relname) = any(:ours))
order by dependent
