select d.scope, encode(d.inputs, 'hex') as inputs
from ops.derivations d
where d.flow = :flow and d.source = :source and d.scope = any(:scopes)
