-- The newest answer of each resource and key.
select distinct on (resource, key)
    landing_id,
    resource,
    key,
    encode(sha256, 'hex') as sha256,
    landed_at
from raw.landings
where source = :source
and resource = any(:resources)
and key = any(:keys)
and (cast(:as_of as timestamptz) is null or landed_at <= :as_of)
order by resource, key, landing_id desc
