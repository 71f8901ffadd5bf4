-- What cannot be read is the same record under whatever key it comes: of each the last message counts, and what is
-- listed already goes on under the key of that message. Returns those that an earlier message had.
with said as (
    select
        wanted.scope,
        wanted.record_key,
        wanted.about,
        inbox.brin6,
        inbox.source,
        inbox.created_at,
        inbox.message_id
    from unnest(cast(:scopes as text[]), cast(:record_keys as text[]), cast(:abouts as text[]))
        as wanted (scope, record_key, about)
    join raw.inbox on inbox.message_id = cast(split_part(wanted.scope, '/', 2) as bigint)
),

held as (
    select
        unreadable_results.*,
        inbox.created_at
    from core.unreadable_results
    join raw.inbox using (message_id)
    where (unreadable_results.brin6, unreadable_results.about) in (select brin6, about from said)
),

last as (
    select distinct on (brin6, about) *
    from said
    where not exists (
        select from held
        where held.brin6 = said.brin6
        and held.about = said.about
        and (held.created_at, held.message_id) > (said.created_at, said.message_id)
    )
    order by brin6, about, created_at desc, message_id desc
),

remembered as (
    insert into core.unreadable_results (brin6, about, record_key, message_id)
    select brin6, about, record_key, message_id from last
    on conflict (brin6, about) do update set record_key = excluded.record_key, message_id = excluded.message_id
),

carried as (
    update ops.rejections
    set record_key = last.record_key, scope = last.scope
    from last
    join held using (brin6, about)
    where rejections.flow = :flow
    and rejections.source = last.source
    and rejections.scope = held.brin6 || '/' || held.message_id
    and rejections.record_key = held.record_key
    and rejections.reason_code = 'malformed_record'
    and rejections.resolved_at is null
    and held.record_key <> last.record_key
)

select scope, record_key from said
except
select scope, record_key from last
