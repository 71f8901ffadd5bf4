-- name: account_page
select user_id, idnumber, username, email, given_name, surname
from core.site_accounts
where source = :source
and user_id > :after
order by user_id
limit :most

-- name: accounts_of
select user_id, idnumber, username, email, given_name, surname
from core.site_accounts
where source = :source
and user_id = any(cast(:user_ids as bigint []))

-- name: client_page
select client_code, username, email, given_name, surname
from core.clients
where closed_at is null
and client_code > :after
order by client_code
limit :most

-- name: clients_of
select client_code, username, email, given_name, surname
from core.clients
where closed_at is null
and client_code = any(cast(:codes as text []))

-- name: stored_learner_ids
select user_id, client_code
from core.account_holders
where scheme = :scheme
