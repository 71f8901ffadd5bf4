-- Bodies that were derived and whose time is over.
update raw.inbox
set body = null
where body is not null
and received_at < clock_timestamp() - make_interval(days => :days)
and exists (
    select from ops.derivations as derived
    where derived.flow = :flow
    and derived.source = inbox.source
    and derived.scope = inbox.brin6 || '/' || inbox.message_id
)
