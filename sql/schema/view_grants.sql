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
