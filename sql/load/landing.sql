-- name: add_bodies
insert into raw.bodies (sha256, raw_bytes, body)
select sha256, raw_bytes, body
from unnest(cast(:hashes as bytea []), cast(:sizes as bigint []), cast(:bodies as bytea []))
    with ordinality as fresh (sha256, raw_bytes, body, place)
order by place
on conflict (sha256) do nothing

-- name: add_dictionary
-- Of two that are made at once the first one counts.
insert into raw.dictionaries (dictionary_id, source, resource, dictionary)
values (:dictionary_id, :source, :resource, :dictionary)
on conflict do nothing

-- name: counted
-- The answers about some keys that were the newest at some moments. The resources of a scope are found one after the
-- other in the index, and each answer by its key, so that none of others is read.
with recursive resources as (
    select
        asked.scope,
        (
            select min(landings.resource)
            from raw.landings
            where landings.source = :source and landings.scope = asked.scope
        ) as resource
    from unnest(cast(:scopes as text [])) as asked (scope)
    union all
    select
        found.scope,
        (
            select min(landings.resource)
            from raw.landings
            where landings.source = :source and landings.scope = found.scope and landings.resource > found.resource
        )
    from resources as found
    where found.resource is not null
)

select distinct newest.landing_id
from resources
cross join unnest(cast(:keys as text [])) as asked (key)
cross join unnest(cast(:moments as timestamptz [])) as night (moment)
cross join lateral (
    select landings.landing_id
    from raw.landings
    where landings.source = :source
    and landings.scope = resources.scope
    and landings.resource = resources.resource
    and landings.key = asked.key
    and landings.landed_at <= night.moment
    order by landings.landing_id desc
    limit 1
) as newest
where resources.resource is not null

-- name: dictionaries
select resource, dictionary from raw.dictionaries where source = :source

-- name: dictionary
select dictionary from raw.dictionaries where dictionary_id = :dictionary_id

-- name: history
-- All answers about some keys of a resource, not only the newest.
select landing_id
from raw.landings
join unnest(cast(:scopes as text[]), cast(:keys as text[])) as asked (scope, key) using (scope, key)
where source = :source
and resource = :resource

-- name: index
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

-- name: known
select sha256 from raw.bodies where sha256 = any(cast(:hashes as bytea []))

-- name: last
-- When one of these resources was landed last, scope by scope.
select scope, max(landed_at) as landed_at
from raw.landings
where source = :source
and scope = any(:scopes)
and resource = any(:resources)
group by scope

-- name: moments
-- When each answer of a resource was landed in a scope.
select landing_id, landed_at
from raw.landings
where source = :source and scope = :scope and resource = :resource
order by landing_id desc

-- name: newest
-- The newest answer of one resource in every scope of a source.
select distinct on (scope) landing_id, scope, encode(sha256, 'hex') as sha256
from raw.landings
where source = :source
and resource = :resource
order by scope, landing_id desc

-- name: read
select landing_id, scope, resource, key, landed_at, body
from raw.landings
join raw.bodies using (sha256)
where landing_id = any(:landing_ids)
order by landing_id

-- name: shown
-- Answers as people are shown them.
select
    landings.resource,
    landings.scope,
    landings.key,
    landings.landed_at,
    encode(landings.sha256, 'hex') as sha256,
    bodies.body is not null as body_is_kept,
    landings.run_id
from raw.landings
left join raw.bodies using (sha256)
where landing_id = any(cast(:landing_ids as bigint []))
order by landings.landed_at, landings.scope, landings.resource, landings.key, landings.landing_id
