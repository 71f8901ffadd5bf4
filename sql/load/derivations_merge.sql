insert into ops.derivations (flow, source, scope, inputs, run_id)
select :flow, :source, scope, decode(inputs, 'hex'), :run_id
from unnest(cast(:scopes as text[]), cast(:inputs as text[])) as given (scope, inputs)
order by scope
on conflict (flow, source, scope) do update
set inputs = excluded.inputs, run_id = excluded.run_id, derived_at = clock_timestamp()
where derivations.inputs <> excluded.inputs
