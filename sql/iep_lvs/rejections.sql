-- name: carried
-- One open line a record: what an earlier message was rejected for as well is seen again, and not listed once more.
update ops.rejections as held
set scope = staged.scope
from staged
join core.uwlr_inbox as said on said.message_id = cast(split_part(staged.scope, '/', 2) as bigint)
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

-- name: listed
select scope, record_key from staged

-- name: outdated
-- What an earlier message got wrong is settled when a later one is recorded, or listed for another reason.
with held as (
    select
        rejections.rejection_id,
        rejections.record_key,
        inbox.source,
        inbox.brin6,
        substr(rejections.record_key, length(inbox.brin6) + 2) as result_key,
        inbox.created_at,
        inbox.message_id
    from ops.rejections
    join core.uwlr_inbox as inbox on inbox.message_id = cast(split_part(rejections.scope, '/', 2) as bigint)
    where rejections.flow = :flow
    and rejections.resolved_at is null
    and rejections.source = inbox.source
    and inbox.brin6 = any(:schools)
),

words as (
    select source, record_key, created_at, message_id from held
    union all
    select recorded.source, recorded.brin6 || '/' || recorded.result_key, recorded.created_at, recorded.message_id
    from core.test_result_versions as recorded
    where (recorded.source, recorded.brin6, recorded.result_key) in (select source, brin6, result_key from held)
),

last as (
    select distinct on (source, record_key) source, record_key, created_at, message_id
    from words
    order by source, record_key, created_at desc, message_id desc
)

update ops.rejections
set resolved_at = clock_timestamp(), run_id = :run_id
from held
join last using (source, record_key)
where rejections.rejection_id = held.rejection_id
and (last.created_at, last.message_id) > (held.created_at, held.message_id)

-- name: said_later
-- Take away what was rejected where a later message has a word on the same record: recorded, or rejected too.
with said as (
    select
        staged.scope,
        staged.record_key,
        inbox.source,
        inbox.brin6,
        substr(staged.record_key, length(inbox.brin6) + 2) as result_key,
        inbox.created_at,
        inbox.message_id
    from staged
    join core.uwlr_inbox as inbox on inbox.message_id = cast(split_part(staged.scope, '/', 2) as bigint)
),

words as (
    select source, record_key, created_at, message_id from said
    union all
    select recorded.source, recorded.brin6 || '/' || recorded.result_key, recorded.created_at, recorded.message_id
    from core.test_result_versions as recorded
    where (recorded.source, recorded.brin6, recorded.result_key) in (select source, brin6, result_key from said)
    union all
    select held.source, held.record_key, inbox.created_at, inbox.message_id
    from ops.rejections as held
    join core.uwlr_inbox as inbox on inbox.message_id = cast(split_part(held.scope, '/', 2) as bigint)
    where held.flow = :flow
    and held.resolved_at is null
    and not held.scope = any(:scopes)
    and (held.source, held.record_key) in (select source, record_key from said)
),

last as (
    select distinct on (source, record_key) source, record_key, created_at, message_id
    from words
    order by source, record_key, created_at desc, message_id desc
)

delete from staged
using said
join last using (source, record_key)
where said.scope = staged.scope
and said.record_key = staged.record_key
and (last.created_at, last.message_id) > (said.created_at, said.message_id)
