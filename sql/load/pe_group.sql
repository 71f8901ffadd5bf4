select org_id, active and closed_at is null as active, number_scheme, number_pattern
from core.profession_groups
where org_id = :org_id
