-- Which client each identifier of a pupil belongs to: ECK iD, the administration's key by number, or the code itself.
select client_numbers.scheme, client_numbers.value, client_numbers.client_code
from core.client_numbers
join core.clients using (client_code)
where client_numbers.closed_at is null
and clients.closed_at is null
and (
    client_numbers.scheme = 'eckid' and client_numbers.value = any(:eck_ids)
    or client_numbers.scheme = 'leerlingid' and client_numbers.value = any(:pupil_ids)
)
union
select 'client_code', client_code, client_code
from core.clients
where closed_at is null
and client_code = any(:pupil_ids)
