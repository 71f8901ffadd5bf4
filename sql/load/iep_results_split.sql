-- Where what is staged for the first time parts two neighbours that say the same: messages between them said so too, and
-- were not kept. They have to be read again, since now they say something new.
with known as (
    select
        staged.source,
        staged.brin6,
        staged.result_key,
        staged.created_at,
        staged.message_id,
        staged.content,
        held.message_id is null as is_added
    from staged
    left join core.test_result_versions as held using (source, brin6, result_key, created_at, message_id)
    union all
    select held.source, held.brin6, held.result_key, held.created_at, held.message_id, held.content, false
    from core.test_result_versions as held
    where (held.source, held.brin6, held.result_key) in (select source, brin6, result_key from staged)
    and not exists (
        select from staged
        where (staged.source, staged.brin6, staged.result_key, staged.created_at, staged.message_id)
        = (held.source, held.brin6, held.result_key, held.created_at, held.message_id)
    )
),

placed as (
    select
        *,
        count(*) filter (where not is_added)
            over (partition by source, brin6, result_key order by created_at, message_id) as place
    from known
)

select distinct
    added.brin6,
    earlier.created_at as first,
    later.created_at as last
from placed as added
join placed as earlier
    on (earlier.source, earlier.brin6, earlier.result_key, earlier.place)
    = (added.source, added.brin6, added.result_key, added.place)
    and not earlier.is_added
join placed as later
    on (later.source, later.brin6, later.result_key, later.place)
    = (added.source, added.brin6, added.result_key, added.place + 1)
    and not later.is_added
where added.is_added
and earlier.content = later.content
and added.content <> earlier.content
