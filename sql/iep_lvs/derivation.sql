-- name: excluded_tests
select pattern from core.excluded_tests where closed_at is null

-- name: left_out
-- Which of these messages hold results that other reference data would let in.
update core.uwlr_messages
set left_out = message_id = any(:left_out)
where message_id = any(:messages)
and left_out <> (message_id = any(:left_out))

-- name: messages
-- Messages to derive now: those of a past night, or else what is new, what this run took, and what was left out before
-- the reference data changed.
select
    inbox.message_id,
    inbox.source,
    inbox.brin6,
    inbox.scope,
    inbox.created_at,
    inbox.is_test,
    inbox.lenient,
    inbox.results,
    encode(sha256(inbox.key || int8send(reference_version.version)), 'hex') as inputs
from core.uwlr_inbox as inbox
cross join ops.reference_version
left join ops.derivations as derived
    on derived.flow = :flow
    and derived.source = inbox.source
    and derived.scope = inbox.scope
where inbox.has_body
and (cast(:schools as text[]) is null or inbox.brin6 = any(:schools))
and case
    when cast(:until as timestamptz) is not null
        then inbox.received_at >= cast(:until as timestamptz) - interval '1 day' and inbox.received_at < :until
    else
        :full
        or derived.scope is null
        or derived.run_id = :run_id
        or derived.inputs <> sha256(inbox.key || int8send(reference_version.version))
        and (
            inbox.is_test
            or inbox.left_out
        )
end
order by inbox.created_at, inbox.message_id

-- name: messages_between
-- Messages that were derived before, of these schools, and made between these moments.
select distinct
    inbox.message_id,
    inbox.source,
    inbox.brin6,
    inbox.scope,
    inbox.created_at,
    inbox.is_test,
    inbox.lenient,
    inbox.results,
    encode(derived.inputs, 'hex') as inputs
from unnest(cast(:schools as text[]), cast(:first as timestamptz[]), cast(:last as timestamptz[])) as wanted (brin6, first, last)
join core.uwlr_inbox as inbox on inbox.brin6 = wanted.brin6 and inbox.created_at between wanted.first and wanted.last
join ops.derivations as derived
    on derived.flow = :flow
    and derived.source = inbox.source
    and derived.scope = inbox.scope
where inbox.has_body
and not inbox.message_id = any(:but)
order by inbox.created_at, inbox.message_id

-- name: pupils
-- Which clients have these identifiers: ECK iDs, and numbers at a school (scheme leerlingid:<brin6>; leerlingid alone
-- names no school). With every ECK iD of the clients that are found, so that a number never counts against it.
with numbers as not materialized (
    select client_numbers.scheme, client_numbers.value, client_numbers.client_code
    from core.client_numbers
    join core.clients using (client_code)
    where client_numbers.closed_at is null
    and clients.closed_at is null
    and (client_numbers.scheme in ('eckid', 'leerlingid') or client_numbers.scheme like 'leerlingid:%')
),

found as (
    select scheme, value, client_code from numbers where scheme = 'eckid' and value = any(:eck_ids)
    union all
    select scheme, value, client_code from numbers where scheme <> 'eckid' and value = any(:pupil_ids)
)

select scheme, value, client_code from found
union
select scheme, value, client_code
from core.client_numbers
where scheme = 'eckid'
and closed_at is null
and client_code in (select client_code from found)

-- name: school_lock
-- Two runs that derive the same school at once would each not see what the other writes.
select pg_advisory_xact_lock(hashtext('iep_test_results'), hashtext(:brin6))

-- name: unreadable
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
    join core.uwlr_inbox as inbox on inbox.message_id = cast(split_part(wanted.scope, '/', 2) as bigint)
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
