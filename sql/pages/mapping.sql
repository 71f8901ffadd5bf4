-- name: occurrences
-- Occurrences that are listed and not cancelled, with their courses and how many units are mapped.
with page as (
    select occurrence_code, name, start_date, finish_date, status
    from core.occurrences
    where closed_at is null
    and status <> 'cancelled'
    and occurrence_code > :after
    and (cast(:search as text) is null or starts_with(lower(occurrence_code), lower(:search)))
    and (
        cast(:course as text) is null
        or occurrence_code = any(array(
            select of_course.occurrence_code from core.linked_courses as of_course
            where of_course.source_course_id = :course
            and (cast(:source as text) is null or of_course.source = :source)
            and of_course.stands
        ))
    )
    order by occurrence_code
    limit :most
),

linked as (
    select distinct links.occurrence_code, links.source, links.source_course_id, courses.name
    from core.linked_courses as links
    left join core.courses using (source, source_course_id)
    where links.stands and links.occurrence_code in (select occurrence_code from page)
)

select
    page.*,
    array(
        select linked.source || ', course ' || linked.source_course_id || coalesce(': ' || linked.name, '')
        from linked
        where linked.occurrence_code = page.occurrence_code
        order by linked.source, length(linked.source_course_id), linked.source_course_id
    ) as courses,
    (
        select count(distinct unit_code) from core.activity_links as links
        where links.occurrence_code = page.occurrence_code and links.closed_at is null
    ) as mapped
from page
order by occurrence_code

-- name: occurrence
select occurrence_code, name, start_date, finish_date, status
from core.occurrences
where occurrence_code = :occurrence_code and closed_at is null

-- name: courses
-- The courses of an occurrence, and by what they are linked.
select
    links.source,
    links.source_course_id,
    courses.name,
    string_agg(links.by, ', ' order by links.by) as by,
    bool_or(links.by_hand) as by_hand
from (
    select shown.source, shown.source_course_id, 'found by idnumber' as by, false as by_hand
    from core.courses as shown
    cross join lateral core.occurrences_named(shown.idnumber) as named
    where named.occurrence_code = :occurrence_code and not shown.gone
    union all
    select source, source_course_id, 'course_links.csv', false
    from core.course_links
    where occurrence_code = :occurrence_code and closed_at is null
    union all
    select source, source_course_id, 'chosen by ' || linked_by || ' on ' || to_char(linked_at, 'YYYY-MM-DD'), true
    from core.moodle_course_links
    where occurrence_code = :occurrence_code and closed_at is null
) as links
left join core.courses using (source, source_course_id)
group by 1, 2, 3
order by 1, length(links.source_course_id), 2

-- name: activities
-- The activities of a course, those that can be mapped first.
select
    known.activity_id,
    known.name,
    known.module,
    known.grade_pass,
    known.mappable,
    exists (
        select from core.activity_links as links
        where links.source = known.source
        and links.activity_id = known.activity_id
        and links.occurrence_code = :occurrence_code
        and links.unit_code = :unit_code
        and links.closed_at is null
    ) as mapped
from core.activities as known
where known.source = :source and known.source_course_id = :source_course_id and not known.gone
order by known.mappable desc, length(known.activity_id), known.activity_id

-- name: last_change
-- Who changed a mapping of an occurrence last, and when.
select who, changed_at
from ops.audit
where table_name = 'core.activity_links'
and key @> jsonb_build_object('occurrence_code', cast(:occurrence_code as text))
order by audit_id desc
limit 1

-- name: templates
-- Courses of a site by name, to fill a new one from.
select source_course_id, name
from core.courses
where source = :source and not gone and name is not null
order by name, source_course_id
limit :most
