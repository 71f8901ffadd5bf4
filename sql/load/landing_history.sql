-- All answers about some keys of a resource, not only the newest.
select landing_id
from raw.landings
join unnest(cast(:scopes as text[]), cast(:keys as text[])) as asked (scope, key) using (scope, key)
where source = :source
and resource = :resource
