-- name: gone
update core.activities
set gone = true
where source = :source
and source_course_id = :source_course_id
and not (activity_id = any(:present))
and not gone

-- name: mapped
-- The courses that are linked to occurrences which are not over, are accredited or give a competence, of the sources
-- with these connections, with the activities that results are read from (null: none); counted: points or a competence
-- hang on the course. What the site shows now counts beside what a night has read.
with tested as (
    select source
    from core.sources
    where connection_id = any(cast(:connection_ids as text [])) and closed_at is null
),

linked as (
    select source, source_course_id, occurrence_code, status
    from core.linked_courses
    where in_force
    union
    select tested.source, shown.source_course_id, named.occurrence_code, named.status
    from tested
    cross join unnest(
        cast(:course_ids as text []), cast(:idnumbers as text [])
    ) as shown (source_course_id, idnumber)
    cross join lateral core.occurrences_named(shown.idnumber) as named
    where named.is_listed and named.status <> 'cancelled'
)

select distinct
    found.source_course_id,
    a.activity_id,
    found.occurrence_code is null as counted
from (
    select source, source_course_id, occurrence_code from linked where status <> 'finished'
    union all
    select source, source_course_id, null from core.counted_courses
) as found
join tested using (source)
left join core.activity_links a
    on a.source = found.source and a.occurrence_code = found.occurrence_code and a.closed_at is null
order by 1, 2

-- name: merge
-- A pass grade that is not known now stays as it was known last.
insert into core.activities (source, source_course_id, activity_id, name, module, mappable, grade_pass)
select :source, source_course_id, activity_id, name, module, mappable, grade_pass
from staged
order by activity_id
on conflict (source, activity_id) do update
set
    source_course_id = excluded.source_course_id,
    name = excluded.name,
    module = excluded.module,
    mappable = excluded.mappable,
    grade_pass = coalesce(excluded.grade_pass, activities.grade_pass),
    gone = false
where (activities.source_course_id, activities.name, activities.module, activities.mappable, activities.gone)
    is distinct from (excluded.source_course_id, excluded.name, excluded.module, excluded.mappable, false)
or activities.grade_pass is distinct from coalesce(excluded.grade_pass, activities.grade_pass)

-- name: of
select activity_id, activity_name, activity_type, pass_grade, can_be_mapped, mapped, units
from mart.activities
where source = :source and source_course_id = :source_course_id
order by can_be_mapped desc, activity_id
