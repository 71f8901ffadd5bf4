select landing_id, scope, resource, key, landed_at, raw_bytes, body
from raw.landings
join raw.bodies using (sha256)
where landing_id = any(:landing_ids)
order by landing_id
