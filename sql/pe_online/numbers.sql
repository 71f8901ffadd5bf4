-- name: enter
insert into core.client_numbers (client_code, scheme, value)
values (:client_code, :scheme, :number)
on conflict (client_code, scheme) do update set value = excluded.value, closed_at = null

-- name: own
-- What a system stated is from now on the person's who enters it.
delete from ops.reference_origins
where file = 'client_numbers' and key = cast(jsonb_build_array(:client_code, :scheme) as text)

-- name: standing
-- How a client's number in a profession group stands, the form that it has to have, and who else has the new one.
select
    registered.number_scheme as scheme,
    registered.number_pattern,
    (
        select value
        from core.client_numbers as held
        where held.client_code = clients.client_code
        and held.scheme = registered.number_scheme
        and held.closed_at is null
    ) as number,
    (
        select string_agg(held.client_code, ', ' order by held.client_code)
        from core.client_numbers as held
        where held.scheme = registered.number_scheme
        and held.value = :number
        and held.client_code <> clients.client_code
        and held.closed_at is null
    ) as others
from core.profession_groups as registered
cross join core.clients
where registered.org_id = :org_id
and registered.closed_at is null
and clients.client_code = :client_code
and clients.closed_at is null

-- name: wanting
-- Who earned points that cannot be sent for want of a (right) relation number: after a client, in order.
-- Points that PE-Online refused because it does not know the person are among them.
select
    waiting.org_id,
    waiting.client_code,
    concat_ws(' ', clients.given_name, clients.surname) as client_name,
    waiting.reason,
    waiting.points,
    waiting.since,
    registered.number_pattern,
    registered.name as group_name,
    held.value as number
from (
    select
        point.org_id,
        point.client_code,
        min(item.reason) as reason,
        count(*) as points,
        min(item.entered_at) as since
    from ops.outbox as item
    join ops.pe_attendance as point using (item_id)
    where item.target = 'pe_online'
    and (
        (item.status = 'withheld' and item.reason in ('no_relation_number', 'invalid_relation_number', 'ambiguous_learner'))
        or (item.status = 'rejected' and item.reason in ('person_unknown', 'person_missing'))
    )
    and (cast(:org_id as integer) is null or item.account = cast(:org_id as text))
    and (cast(:client_code as text) is null or point.client_code = :client_code)
    and (point.client_code, point.org_id) > (:after_client, cast(:after_org as integer))
    group by point.client_code, point.org_id
    order by point.client_code, point.org_id
    limit cast(:most as bigint)
) as waiting
join core.clients using (client_code)
join core.profession_groups as registered using (org_id)
left join core.client_numbers as held
    on held.client_code = waiting.client_code
    and held.scheme = registered.number_scheme
    and held.closed_at is null
order by waiting.client_code, waiting.org_id
