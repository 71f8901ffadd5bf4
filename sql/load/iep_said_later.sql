-- Of these results of messages, the ones of which a later message has said something that was recorded.
select
    wanted.scope,
    wanted.record_key
from unnest(cast(:scopes as text[]), cast(:record_keys as text[])) as wanted (scope, record_key)
join raw.inbox as earlier on earlier.message_id = cast(split_part(wanted.scope, '/', 2) as bigint)
where exists (
    select from core.test_result_versions as later
    where later.source = earlier.source
    and later.brin6 = earlier.brin6
    and later.result_key = substr(wanted.record_key, length(earlier.brin6) + 2)
    and (later.created_at, later.message_id) > (earlier.created_at, earlier.message_id)
)
