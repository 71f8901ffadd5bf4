-- When a resource of each scope was landed last.
select scope, max(landed_at) as landed_at
from raw.landings
where source = :source
and scope = any(:scopes)
and resource = :resource
group by scope
