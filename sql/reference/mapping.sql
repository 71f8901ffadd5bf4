-- name: add
insert into core.activity_links (occurrence_code, unit_code, source, activity_id)
select :occurrence_code, :unit_code, :source, activity_id
from unnest(cast(:activities as text [])) as added (activity_id)
order by activity_id
on conflict (occurrence_code, unit_code, source, activity_id) do update set closed_at = null

-- name: known
-- What has to be there before activities are mapped, and which of them can be.
select
    exists (
        select from core.occurrences where occurrence_code = :occurrence_code and closed_at is null
    ) as occurrence,
    exists (select from core.units where unit_code = :unit_code and closed_at is null) as unit,
    exists (
        select from core.linked_courses
        where source = :source
        and source_course_id = :source_course_id
        and occurrence_code = :occurrence_code
        and stands
    ) as linked,
    array(
        select activity_id
        from core.activities
        where source = :source
        and source_course_id = :source_course_id
        and activity_id = any(cast(:activities as text []))
        and mappable
        and not gone
    ) as usable

-- name: mapped
select links.activity_id
from core.activity_links as links
join core.activities as known using (source, activity_id)
where links.occurrence_code = :occurrence_code
and links.unit_code = :unit_code
and links.source = :source
and known.source_course_id = :source_course_id
and links.closed_at is null

-- name: remove
update core.activity_links
set closed_at = clock_timestamp()
where occurrence_code = :occurrence_code
and unit_code = :unit_code
and source = :source
and activity_id = any(cast(:activities as text []))
and closed_at is null

-- name: shown
-- The units and tasks of an occurrence: those in the plans of its enrolments, and those that are mapped.
select
    units.unit_code,
    units.kind,
    units.name,
    array(
        select coalesce(known.name, 'activity ' || links.activity_id)
        from core.activity_links as links
        left join core.activities as known using (source, activity_id)
        where links.occurrence_code = :occurrence_code
        and links.unit_code = units.unit_code
        and links.closed_at is null
        order by links.source, length(links.activity_id), links.activity_id
    ) as activities
from core.units
where units.unit_code in (
    select plan.unit_code
    from core.enrolments
    join core.enrolment_units as plan using (enrolment_code)
    where enrolments.occurrence_code = :occurrence_code
    and enrolments.closed_at is null and plan.closed_at is null
    union
    select unit_code
    from core.activity_links
    where occurrence_code = :occurrence_code and closed_at is null
    union
    select :unit_code
)
and units.closed_at is null
order by units.unit_code
