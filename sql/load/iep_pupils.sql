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
    union
    select scheme, value, client_code from numbers where scheme <> 'eckid' and value = any(:pupil_ids)
)

select scheme, value, client_code from found
union
select scheme, value, client_code
from numbers
where scheme = 'eckid'
and client_code in (select client_code from found)
