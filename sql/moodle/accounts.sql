-- name: merge
-- The newest list of participants counts; what it does not show of anybody (null) stays as it is known.
insert into core.site_accounts as held
(source, user_id, idnumber, username, email, given_name, surname, landing_id, changed_landing_id)
select :source, user_id, idnumber, username, email, given_name, surname, landing_id, landing_id
from staged
order by user_id
on conflict (source, user_id) do update
set
    idnumber = coalesce(excluded.idnumber, held.idnumber),
    username = coalesce(excluded.username, held.username),
    email = coalesce(excluded.email, held.email),
    given_name = coalesce(excluded.given_name, held.given_name),
    surname = coalesce(excluded.surname, held.surname),
    landing_id = excluded.landing_id,
    changed_landing_id = case
        when (held.idnumber, held.username, held.email, held.given_name, held.surname) is not distinct from (
            coalesce(excluded.idnumber, held.idnumber),
            coalesce(excluded.username, held.username),
            coalesce(excluded.email, held.email),
            coalesce(excluded.given_name, held.given_name),
            coalesce(excluded.surname, held.surname)
        ) then held.changed_landing_id
        else excluded.landing_id
    end
where held.landing_id < excluded.landing_id
