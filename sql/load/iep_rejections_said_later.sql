-- Take away what was rejected where a later message has a word on the same record: recorded, or rejected too.
delete from staged
using raw.inbox as said
where said.message_id = cast(split_part(staged.scope, '/', 2) as bigint)
and (
    exists (
        select from core.test_result_versions as later
        where later.source = said.source
        and later.brin6 = said.brin6
        and later.result_key = substr(staged.record_key, length(said.brin6) + 2)
        and (later.created_at, later.message_id) > (said.created_at, said.message_id)
    )
    or exists (
        select from staged as other
        join raw.inbox as later on later.message_id = cast(split_part(other.scope, '/', 2) as bigint)
        where other.record_key = staged.record_key
        and (later.created_at, later.message_id) > (said.created_at, said.message_id)
    )
    or exists (
        select from ops.rejections as held
        join raw.inbox as later on later.message_id = cast(split_part(held.scope, '/', 2) as bigint)
        where held.flow = :flow
        and held.source = said.source
        and held.record_key = staged.record_key
        and held.resolved_at is null
        and not held.scope = any(:scopes)
        and (later.created_at, later.message_id) > (said.created_at, said.message_id)
    )
)
