-- name: history
-- The imports that people made, newest first: a row for each file of one.
select changed_at, who, table_name, after
from mart.audit
where key is null
and through = 'import'
order by audit_id desc
limit :most
