-- name: add
-- Keep a message, or find the same one; its row stays locked until the end of the transaction.
insert into raw.inbox (system, origin, key, content_type, created_at, body)
values (:system, :origin, :key, :content_type, :created_at, :body)
on conflict (system, origin, key) do update set key = excluded.key
returning message_id

-- name: deliver
-- Whether it is the first delivery is asked of a row that is locked: two at once are not both the first.
insert into ops.deliveries (message_id, channel, authenticated_by)
values (:message_id, :channel, :authenticated_by)
returning not exists (select from ops.deliveries as earlier where earlier.message_id = :message_id) as is_first

-- name: body
select body from raw.inbox where message_id = :message_id

-- name: put_body
update raw.inbox set body = :body where message_id = :message_id

-- name: retention
-- Bodies that were derived and whose time is over.
update raw.inbox
set body = null
where system = :system
and body is not null
and received_at < clock_timestamp() - make_interval(days => :days)
and exists (
    select from ops.derivations as derived
    where derived.flow = :flow and derived.scope = inbox.origin || '/' || inbox.message_id
)
