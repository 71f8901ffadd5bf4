select connection_id from core.profession_groups where org_id = :org_id
