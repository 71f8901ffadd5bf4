-- Whose account of a source is whose, as far as it is stored: the one place of that rule.
create or replace view core.account_holders as
select
    scheme,
    value as user_id,
    client_code
from core.client_numbers
where closed_at is null
union all
select
    'moodle:' || accounts.source,
    accounts.user_id,
    accounts.client_code
from core.moodle_accounts as accounts
where not exists (
    select from core.client_numbers as numbers
    where numbers.scheme = 'moodle:' || accounts.source
    and numbers.closed_at is null
    and (numbers.client_code = accounts.client_code or numbers.value = accounts.user_id)
);

comment on view core.account_holders is 'Whose account of a source is whose: the number that client_numbers.csv stores, else the one that writing to Moodle found or made';
comment on column core.account_holders.scheme is '<system>:<source>, and the other schemes of numbers';
comment on column core.account_holders.user_id is 'Number of the account there';
comment on column core.account_holders.client_code is 'Whose it is';
