-- name: gone
update core.activities
set gone = true
where source = :source
and source_course_id = :source_course_id
and not (activity_id = any(:present))
and not gone

-- name: mapped
-- The courses of sources that are linked, accredited or give a competence, with the activities that results are read
-- from (null: none); counted: points or a competence hang on the course.
-- A course is linked by its idnumber (as the last night read it, or as the site shows it now) or by hand.
with known as (
    select source, source_course_id, idnumber
    from core.courses
    union
    select s.source, shown.source_course_id, shown.idnumber
    from core.sources s
    cross join unnest(
        cast(:course_ids as text []), cast(:idnumbers as text [])
    ) as shown (source_course_id, idnumber)
    where s.connection_id = any(cast(:connection_ids as text []))
),

linked as (
    select c.source, c.source_course_id, o.occurrence_code
    from known c
    join core.occurrences o on core.folded(o.occurrence_code) = core.folded(c.idnumber)
    where o.closed_at is null and o.status in ('planned', 'active')
    union
    select l.source, l.source_course_id, l.occurrence_code
    from core.course_links l
    join core.occurrences o using (occurrence_code)
    where l.closed_at is null and o.closed_at is null and o.status in ('planned', 'active')
    union
    select source, source_course_id, null
    from core.accreditations
    where closed_at is null
    union
    select source, source_course_id, null
    from core.competence_links
    where closed_at is null
)

select distinct
    linked.source_course_id,
    a.activity_id,
    linked.occurrence_code is null as counted
from linked
join core.sources s using (source)
left join core.activity_links a
    on a.source = linked.source and a.occurrence_code = linked.occurrence_code and a.closed_at is null
where s.connection_id = any(cast(:connection_ids as text [])) and s.closed_at is null
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
