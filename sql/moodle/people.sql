-- name: changed
-- Items whose person is described otherwise than the ledger has it.
select item.item_id
from staged
join ops.outbox as item
    on item.target = :target and item.kind = :kind and item.fact = staged.fact
left join ops.moodle_people as held using (item_id)
where held.item_id is null
or (held.stored_id, held.username, held.firstname, held.middlename, held.lastname, held.email, held.suspended)
is distinct from (
    staged.stored_id,
    staged.username,
    staged.firstname,
    staged.middlename,
    staged.lastname,
    staged.email,
    staged.suspended
)

-- name: clients
-- Everybody that the administration lists, with the account that is known of them.
select
    clients.client_code,
    clients.username,
    clients.given_name,
    clients.other_name,
    clients.surname,
    clients.email,
    clients.archived,
    numbers.value as stored_id,
    accounts.user_id,
    accounts.username as sent_username,
    accounts.firstname as sent_firstname,
    accounts.middlename as sent_middlename,
    accounts.lastname as sent_lastname,
    accounts.email as sent_email,
    accounts.suspended as sent_suspended,
    accounts.changes
from core.clients as clients
left join core.client_numbers as numbers
    on numbers.client_code = clients.client_code and numbers.scheme = :scheme and numbers.closed_at is null
left join core.account_holders as known on known.client_code = clients.client_code and known.scheme = :scheme
left join core.moodle_accounts as accounts
    on accounts.client_code = clients.client_code
    and accounts.source = :source
    and accounts.user_id = known.user_id
where clients.closed_at is null
order by clients.client_code

-- name: confirm
-- What was sent is what stands there.
update core.moodle_accounts as held
set
    username = coalesce(item.username, held.username),
    firstname = coalesce(item.firstname, held.firstname),
    middlename = item.middlename,
    lastname = coalesce(item.lastname, held.lastname),
    email = coalesce(item.email, held.email),
    suspended = item.suspended,
    changes = held.changes + 1
from ops.moodle_people as item
where item.item_id = any(:item_ids)
and held.source = item.source
and held.client_code = item.client_code

-- name: enter
-- What is said of the persons, of items that the ledger took from the plan.
insert into ops.moodle_people (
    item_id, source, client_code, stored_id, username, firstname, middlename, lastname, email, suspended, changed
)
select
    item.item_id,
    staged.source,
    staged.client_code,
    staged.stored_id,
    staged.username,
    staged.firstname,
    staged.middlename,
    staged.lastname,
    staged.email,
    staged.suspended,
    staged.changed
from staged
join ops.outbox as item
    on item.target = :target and item.kind = :kind and item.fact = staged.fact
where item.item_id = any(cast(:offered as bigint []))
on conflict (item_id) do update
set
    stored_id = excluded.stored_id,
    username = excluded.username,
    firstname = excluded.firstname,
    middlename = excluded.middlename,
    lastname = excluded.lastname,
    email = excluded.email,
    suspended = excluded.suspended,
    changed = excluded.changed
returning item_id

-- name: holders
-- Whose account an account of a site is known to be.
select user_id, client_code
from core.account_holders
where scheme = :scheme

-- name: link
-- The account of a person was found or made.
insert into core.moodle_accounts as held (
    source, client_code, user_id, origin, username, firstname, middlename, lastname, email, suspended
)
select source, client_code, :user_id, :origin, username, firstname, middlename, lastname, email, suspended
from ops.moodle_people
where item_id = :item_id
on conflict (source, client_code) do update
set
    user_id = excluded.user_id,
    origin = excluded.origin,
    username = excluded.username,
    firstname = excluded.firstname,
    middlename = excluded.middlename,
    lastname = excluded.lastname,
    email = excluded.email,
    suspended = excluded.suspended,
    linked_at = clock_timestamp()
where held.user_id <> excluded.user_id

-- name: rows
-- What is to be known of items when they are sent.
select
    item.item_id,
    item.client_code,
    item.stored_id,
    item.username,
    item.firstname,
    item.middlename,
    item.lastname,
    item.email,
    item.suspended,
    item.changed,
    accounts.user_id,
    accounts.origin
from ops.moodle_people as item
left join core.moodle_accounts as accounts using (source, client_code)
where item.item_id = any(:item_ids)
order by item.item_id
