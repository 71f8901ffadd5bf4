-- name: forget
-- A course that is not looked at any more is derived anew when it comes back, whatever was landed of it.
delete from ops.derivations
where flow = :flow
and source = :source
and scope <> all(cast(:scopes as text []))

-- name: known
select d.scope, encode(d.inputs, 'hex') as inputs
from ops.derivations d
where d.flow = :flow and d.source = :source and d.scope = any(:scopes)

-- name: merge
insert into ops.derivations (flow, source, scope, inputs, run_id)
select :flow, :source, scope, decode(inputs, 'hex'), :run_id
from unnest(cast(:scopes as text[]), cast(:inputs as text[])) as given (scope, inputs)
order by scope
on conflict (flow, source, scope) do update
set inputs = excluded.inputs, run_id = excluded.run_id, derived_at = clock_timestamp()
where derivations.inputs <> excluded.inputs

-- name: reference_version
select version, clock_timestamp() as read_at from ops.reference_version
