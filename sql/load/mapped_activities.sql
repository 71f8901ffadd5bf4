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
