-- name: accounts
-- Of accounts of a site, those that are asked for.
select account.user_id, account.idnumber, account.username, account.email, account.given_name, account.surname
from unnest(cast(:user_ids as bigint [])) as wanted (user_id)
cross join lateral (
    select * from core.site_accounts
    where source = :source and user_id = wanted.user_id
    offset 0
) as account

-- name: accounts_of
-- The accounts that may claim the staged clients, by any of the rules; by hashes, so perhaps more. Each hash is looked up
-- on its own (offset 0): the planner would rather read everybody.
select account.user_id
from (select distinct core.match_key(client_code) as code from staged where :match_code) as wanted
cross join lateral (
    select user_id from core.site_accounts
    where source = :source and core.match_key(idnumber) = wanted.code
    offset 0
) as account
union
select account.user_id
from (select distinct core.match_key(email) as email from staged where :first = 'email') as wanted
cross join lateral (
    select user_id from core.site_accounts
    where source = :source and core.match_key(email) = wanted.email
    offset 0
) as account
union
select account.user_id
from (select distinct core.match_key(username) as username from staged where :first = 'username') as wanted
cross join lateral (
    select user_id from core.site_accounts
    where source = :source and core.match_key(username) = wanted.username
    offset 0
) as account
union
select account.user_id
from (
    select distinct core.match_key(given_name) as given_name, core.match_key(surname) as surname
    from staged
    where :first = 'given_name'
) as wanted
cross join lateral (
    select user_id from core.site_accounts
    where source = :source
    and core.match_key(given_name) = wanted.given_name
    and (not :surname_too or core.match_key(surname) = wanted.surname)
    offset 0
) as account
union
select account.user_id
from (select distinct core.match_key(surname) as surname from staged where :first = 'surname') as wanted
cross join lateral (
    select user_id from core.site_accounts
    where source = :source and core.match_key(surname) = wanted.surname
    offset 0
) as account
union
select cast(holder.user_id as bigint)
from staged
cross join lateral (
    select user_id from core.account_holders
    where scheme = :scheme and client_code = staged.client_code
    offset 0
) as holder
where holder.user_id ~ '^[1-9][0-9]{0,17}$'

-- name: clients_of
-- The clients that the staged accounts may claim, as above. listed: whether the administration lists the client still;
-- of others only the stored id counts.
with found as (
    select client.client_code
    from (select distinct core.match_key(idnumber) as code from staged where :match_code) as wanted
    cross join lateral (
        select client_code from core.clients where core.match_key(client_code) = wanted.code offset 0
    ) as client
    union
    select client.client_code
    from (select distinct core.match_key(email) as email from staged where :first = 'email') as wanted
    cross join lateral (
        select client_code from core.clients where core.match_key(email) = wanted.email offset 0
    ) as client
    union
    select client.client_code
    from (select distinct core.match_key(username) as username from staged where :first = 'username') as wanted
    cross join lateral (
        select client_code from core.clients where core.match_key(username) = wanted.username offset 0
    ) as client
    union
    select client.client_code
    from (
        select distinct core.match_key(given_name) as given_name, core.match_key(surname) as surname
        from staged
        where :first = 'given_name'
    ) as wanted
    cross join lateral (
        select client_code from core.clients
        where core.match_key(given_name) = wanted.given_name
        and (not :surname_too or core.match_key(surname) = wanted.surname)
        offset 0
    ) as client
    union
    select client.client_code
    from (select distinct core.match_key(surname) as surname from staged where :first = 'surname') as wanted
    cross join lateral (
        select client_code from core.clients where core.match_key(surname) = wanted.surname offset 0
    ) as client
    union
    select holder.client_code
    from (select distinct cast(user_id as text) as user_id from staged) as wanted
    cross join lateral (
        select client_code from core.account_holders
        where scheme = :scheme and user_id = wanted.user_id
        offset 0
    ) as holder
)

select
    client.client_code,
    client.username,
    client.email,
    client.given_name,
    client.surname,
    client.closed_at is null as listed
from found
cross join lateral (select * from core.clients where client_code = found.client_code offset 0) as client

-- name: holders
-- As whose the accounts are stored that are asked for.
select holder.user_id, holder.client_code
from unnest(cast(:user_ids as text [])) as wanted (user_id)
cross join lateral (
    select user_id, client_code from core.account_holders
    where scheme = :scheme and user_id = wanted.user_id
    offset 0
) as holder
