-- name: add
insert into raw.inbox (source, brin6, channel, kind, sha256, body, created_at, school_year, lenient, results)
values (:source, :brin6, :channel, :kind, :sha256, :body, :created_at, :school_year, :lenient, :results)
on conflict (source, brin6, sha256) do update
set deliveries = inbox.deliveries + 1, last_received_at = clock_timestamp()
returning message_id, deliveries = 1 as is_new

-- name: body
select body from raw.inbox where message_id = :message_id

-- name: log
-- Nothing is logged for schools that have no link, and what is refused again for the same reason within the hour is
-- counted where it was logged first: strangers may not fill the log.
with counted as (
    update ops.link_log
    set times = times + 1, last_happened_at = clock_timestamp()
    where log_id = (
        select log_id
        from ops.link_log
        where brin6 = :brin6
        and event = :event
        and fault_code = :fault_code
        and detail = :detail
        and happened_at > clock_timestamp() - interval '1 hour'
        order by log_id desc
        limit 1
    )
    returning log_id
)

insert into ops.link_log (brin6, event, fault_code, detail, message_id)
select brin6, :event, :fault_code, :detail, :message_id
from core.school_links
where brin6 = :brin6
and not exists (select from counted)

-- name: messages
select happened_at, brin6, event, fault_code, times, detail, actor, message_id
from mart.link_log
where cast(:brin6 as text) is null or brin6 = :brin6
order by log_id desc
limit :most

-- name: retention
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

-- name: supplier_known
select 1 as known
from core.school_links
where supplier = :supplier and supplier_code = :supplier_code and closed_at is null
limit 1
