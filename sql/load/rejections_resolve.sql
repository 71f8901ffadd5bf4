update ops.rejections as held
set resolved_at = clock_timestamp()
where held.flow = :flow
and held.source = :source
and held.scope = :scope
and held.resolved_at is null
and not exists (
    select from staged
    where staged.resource = held.resource
    and staged.record_key = held.record_key
    and staged.reason_code = held.reason_code
)
