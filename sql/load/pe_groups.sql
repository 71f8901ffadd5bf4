-- Profession groups that are active, or of which something is still open.
select org_id, connection_id
from core.profession_groups as registered
where (active and closed_at is null)
or exists (
    select from ops.pe_attendance as held
    where held.org_id = registered.org_id
    and held.status not in ('accepted', 'accepted_in_test')
    and coalesce(held.reason, '') <> all(cast(:nothing_to_do as text []))
)
order by org_id
