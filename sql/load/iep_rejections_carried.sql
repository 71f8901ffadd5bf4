-- One open line a record: what an earlier message was rejected for as well is seen again, and not listed once more.
update ops.rejections as held
set scope = staged.scope
from staged
join raw.inbox as said on said.message_id = cast(split_part(staged.scope, '/', 2) as bigint)
where held.flow = :flow
and held.source = said.source
and held.resource = staged.resource
and held.record_key = staged.record_key
and held.reason_code = staged.reason_code
and held.resolved_at is null
and held.scope <> staged.scope
and not exists (
    select from ops.rejections as there
    where there.flow = :flow
    and there.source = said.source
    and there.scope = staged.scope
    and there.resource = staged.resource
    and there.record_key = staged.record_key
    and there.reason_code = staged.reason_code
    and there.resolved_at is null
)
