-- name: accreditations
-- Accreditations that stand, in the order of their keys, after one of them.
select
    granted.org_id,
    granted.source,
    granted.source_course_id,
    courses.name as course_name,
    granted.valid_from,
    granted.valid_to,
    coalesce(granted.pe_course_id, granted.external_course_code) as pe_course,
    coalesce(granted.pe_module_id, granted.external_module_code) as pe_module,
    granted.course_type
from core.accreditations as granted
left join core.courses using (source, source_course_id)
where granted.closed_at is null
and (cast(:org_id as integer) is null or granted.org_id = :org_id)
and (cast(:course as text) is null or :course in (
    granted.pe_course_id, granted.external_course_code, granted.source_course_id
))
and (granted.org_id, granted.source, granted.source_course_id, granted.valid_from)
    > (cast(:after_org as integer), :after_source, :after_course, cast(:after_from as date))
order by granted.org_id, granted.source, granted.source_course_id, granted.valid_from
limit :most

-- name: counts
-- How many points of each profession group stand how, and why; of accepted ones, which are nearly all, no more than
-- :most are counted.
select cast(account as integer) as org_id, status, reason, count(*) as points
from ops.outbox
where target = 'pe_online'
and status in ('pending', 'sending', 'unknown', 'withheld', 'rejected')
group by account, status, reason
union all
select registered.org_id, accepted.status, null, counted.points
from core.profession_groups as registered
cross join unnest(array['accepted', 'accepted_in_test']) as accepted (status)
cross join lateral (
    select count(*) as points
    from (
        select
        from ops.outbox as item
        where item.target = 'pe_online'
        and item.account = cast(registered.org_id as text)
        and item.status = accepted.status
        limit :most
    ) as first_ones
) as counted
where counted.points > 0
order by 1, 2, 3

-- name: groups
-- Profession groups that stand, with how many accreditations count today.
select
    registered.org_id,
    registered.name,
    registered.active,
    registered.number_scheme,
    registered.number_pattern,
    registered.connection_id as account,
    (
        select count(*)
        from core.accreditations as granted
        where granted.org_id = registered.org_id
        and granted.closed_at is null
        and now() between granted.valid_from and coalesce(granted.valid_to, 'infinity') + interval '1 day'
    ) as accreditations
from core.profession_groups as registered
where registered.closed_at is null
order by registered.org_id

-- name: page
-- Points of the ledger before one, newest first. They are found in the ledger, status by status as its indexes are,
-- before anything else of them is read.
with found as materialized (
    select item.item_id
    from unnest(cast(:statuses as text [])) as asked (status)
    cross join lateral (
        select item_id
        from ops.outbox
        where target = 'pe_online'
        and status = asked.status
        and (cast(:org_id as integer) is null or account = cast(:org_id as text))
        and (cast(:reason as text) is null or reason = :reason)
        and (
            cast(:client_code as text) is null
            or item_id = any(array(
                select point.item_id from ops.pe_attendance as point where point.client_code = :client_code
            ))
        )
        and (cast(:before as bigint) is null or item_id < :before)
        order by item_id desc
        limit :most
    ) as item
    order by item.item_id desc
    limit :most
)

select
    point.attendance_id,
    point.org_id,
    point.client_code,
    concat_ws(' ', clients.given_name, clients.surname) as client_name,
    point.source,
    point.source_course_id,
    coalesce(point.pe_course_id, point.external_course_code) as pe_course,
    left(point.end_date, 10) as passed_on,
    point.status,
    point.reason,
    point.explanation,
    point.last_cause,
    point.attempts,
    point.last_attempt_at,
    point.next_attempt_at
from found
join mart.pe_attendance as point on point.attendance_id = found.item_id
join core.clients using (client_code)
order by point.attendance_id desc
