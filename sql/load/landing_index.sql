-- The newest answer of each scope, resource and key.
select distinct on (scope, resource, key)
    landing_id,
    scope,
    resource,
    key,
    encode(sha256, 'hex') as sha256,
    landed_at
from raw.landings
where source = :source
and scope = any(:scopes)
and (cast(:as_of as timestamptz) is null or landed_at <= :as_of)
order by scope, resource, key, landing_id desc
