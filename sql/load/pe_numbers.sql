select number.client_code, number.scheme, number.value
from core.client_numbers as number
join core.profession_groups as grp on grp.number_scheme = number.scheme
where grp.org_id = :org_id and number.closed_at is null
