-- name: applied
select fingerprint from ops.views_applied

-- name: grants
-- What was granted on the views of mart to others than their owner, whole views and single columns.
select
    'mart.' || granted.relname as view,
    format(
        'grant %s on mart.%I to %s%s',
        lower(granted.privilege_type) || coalesce(' (' || quote_ident(granted.attname) || ')', ''),
        granted.relname,
        case granted.grantee when 0 then 'public' else quote_ident(pg_get_userbyid(granted.grantee)) end,
        case when granted.is_grantable then ' with grant option' else '' end
    ) as statement
from (
    select views.relname, null as attname, views.relowner, acl.grantee, acl.privilege_type, acl.is_grantable
    from pg_class as views
    cross join aclexplode(views.relacl) as acl
    where views.relkind = 'v' and views.relnamespace = to_regnamespace('mart')
    union all
    select views.relname, columns.attname, views.relowner, acl.grantee, acl.privilege_type, acl.is_grantable
    from pg_class as views
    join pg_attribute as columns on columns.attrelid = views.oid
    cross join aclexplode(columns.attacl) as acl
    where views.relkind = 'v' and views.relnamespace = to_regnamespace('mart')
) as granted
where granted.grantee <> granted.relowner
order by statement

-- name: of_others
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

-- name: remember
insert into ops.views_applied (fingerprint) values (:fingerprint)
on conflict (only_one) do update
set fingerprint = excluded.fingerprint, applied_at = clock_timestamp()
