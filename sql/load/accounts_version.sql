-- Grows when an account is new or shows other fields.
select coalesce(max(changed_landing_id), 0) as version
from core.site_accounts
where source = :source
