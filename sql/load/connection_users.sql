-- What uses which connection to a system: its sources; for PE-Online the profession groups, by their orgID.
select connection_id, null::integer as org_id
from core.sources
where system = :system and closed_at is null
union all
select connection_id, org_id
from core.profession_groups
where :system = 'pe_online' and active and closed_at is null
order by connection_id, org_id
