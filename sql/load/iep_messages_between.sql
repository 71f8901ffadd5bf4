-- Messages that were derived before, of these schools, and made between these moments.
select distinct
    inbox.message_id,
    inbox.source,
    inbox.brin6,
    inbox.brin6 || '/' || inbox.message_id as scope,
    inbox.created_at,
    inbox.kind = 'test' as is_test,
    inbox.lenient,
    inbox.results,
    encode(derived.inputs, 'hex') as inputs
from unnest(cast(:schools as text[]), cast(:first as timestamptz[]), cast(:last as timestamptz[])) as wanted (brin6, first, last)
join raw.inbox on inbox.brin6 = wanted.brin6 and inbox.created_at between wanted.first and wanted.last
join ops.derivations as derived
    on derived.flow = :flow
    and derived.source = inbox.source
    and derived.scope = inbox.brin6 || '/' || inbox.message_id
where inbox.body is not null
and not inbox.message_id = any(:but)
order by inbox.created_at, inbox.message_id
