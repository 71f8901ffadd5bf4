-- The newest answer of one resource in every scope of a source.
select distinct on (scope) landing_id, scope, encode(sha256, 'hex') as sha256
from raw.landings
where source = :source
and resource = :resource
order by scope, landing_id desc
