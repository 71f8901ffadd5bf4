update ops.rejections as held
set resolved_at = clock_timestamp(), run_id = :run_id
where held.flow = :flow
and held.source = :source
and held.scope = any(:scopes)
and held.resolved_at is null
and not exists (
    select from staged
    where staged.scope = held.scope
    and staged.resource = held.resource
    and staged.record_key = held.record_key
    and staged.reason_code = held.reason_code
)
