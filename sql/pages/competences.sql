-- name: courses
-- Published courses that are found by name or id, with the competences that they give: the first of them.
select
    courses.source,
    courses.source_course_id,
    courses.course_name,
    (
        select string_agg(links.competence_code, ', ' order by links.competence_code)
        from core.competence_links as links
        where links.source = courses.source
        and links.source_course_id = courses.source_course_id
        and links.closed_at is null
    ) as gives
from mart.linkable_courses as courses
where :search <> ''
and (courses.source_course_id = :search or courses.course_name ilike '%' || :search || '%')
order by courses.course_name, courses.source, courses.source_course_id
limit :most

-- name: expired
-- Whose competence has ended and was not earned again: one row for each of them.
select
    old.client_code,
    concat_ws(' ', clients.given_name, clients.surname) as client_name,
    old.valid_from,
    old.valid_to,
    -old.days_ago as days_left,
    old.source,
    old.source_course_id
from mart.competences_expired as old
join core.clients using (client_code)
where old.competence_code = :competence_code
and (cast(:before as text) is null or old.client_code < :before)
and (old.client_code, old.valid_from) > (:after, cast(:after_from as date))
order by old.client_code, old.valid_from
limit :most

-- name: held
-- Who holds a competence now; of those whose period ends, only within so many days where that is asked. Names are looked
-- up for these alone.
with first_ones as materialized (
    select client_code, valid_from, valid_to, days_left, source, source_course_id
    from mart.competences
    where competence_code = :competence_code
    and held_now
    and (cast(:within as integer) is null or days_left <= :within)
    and (cast(:before as text) is null or client_code < :before)
    and (client_code, valid_from, source) > (:after, cast(:after_from as date), :after_source)
    order by client_code, valid_from, source
    limit :most
)

select
    held.client_code,
    concat_ws(' ', clients.given_name, clients.surname) as client_name,
    held.valid_from,
    held.valid_to,
    held.days_left,
    held.source,
    held.source_course_id
from first_ones as held
join core.clients using (client_code)
order by held.client_code, held.valid_from, held.source

-- name: links
-- Which courses give which competences, after one of them.
select source, source_course_id, course_name, competence_code, competence_name, linked_on, course_state
from mart.competence_links
where linked
and (:search = '' or :search in (source_course_id, competence_code) or course_name ilike '%' || :search || '%')
and (source, source_course_id, competence_code) > (:after_source, :after_course, :after_competence)
order by source, source_course_id, competence_code
limit :most

-- name: look_before
-- The person before whom so many periods of a competence stand after a person: none where there are fewer.
select client_code
from core.earned_competences
where competence_code = :competence_code and client_code > :after
order by client_code, valid_from
offset :most
limit 1

-- name: revoked
select
    revoked.client_code,
    concat_ws(' ', clients.given_name, clients.surname) as client_name,
    revoked.valid_from,
    revoked.valid_to,
    null as days_left,
    revoked.source,
    null as source_course_id,
    revoked.from_everyone,
    revoked.revoked_by,
    revoked.revoked_at,
    revoked.reason
from mart.competences_revoked as revoked
join core.clients using (client_code)
where revoked.competence_code = :competence_code
and (cast(:before as text) is null or revoked.client_code < :before)
and (revoked.client_code, revoked.valid_from, revoked.source, revoked.from_everyone)
    > (:after, cast(:after_from as date), :after_source, cast(:after_everyone as boolean))
order by revoked.client_code, revoked.valid_from, revoked.source, revoked.from_everyone
limit :most

-- name: standing
-- A competence, whether it was revoked from everyone, and when that was so.
select
    clock_timestamp() as shown_at,
    competence_code,
    name,
    validity_days,
    (
        select decided_by || ': ' || reason
        from core.revoked_competences as revoked
        where revoked.competence_code = competences.competence_code and revoked.client_code is null
    ) as revoked_from_everyone
from core.competences
where competence_code = :competence_code

-- name: tree
select competence_code, competence_name, validity_days, path, is_group, cardinality(above) as depth
from mart.competence_tree
order by path, competence_code
