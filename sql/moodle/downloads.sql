-- name: courses
-- Courses that count for something: those linked to an occurrence (null: any), of one number (null: any).
select
    asked.source,
    asked.source_course_id,
    coalesce(courses.name, '') as name,
    case when courses.source_course_id is null then 'not seen yet' else asked.asked end as asked
from core.asked_courses as asked
join core.sources using (source)
left join core.courses using (source, source_course_id)
where sources.system = 'moodle'
and sources.closed_at is null
and (cast(:course as text) is null or asked.source_course_id = :course)
and (
    cast(:occurrence as text) is null
    or (asked.source, asked.source_course_id) in (
        select linked.source, linked.source_course_id
        from core.linked_courses as linked
        where linked.occurrence_code = :occurrence and linked.in_force
    )
)
order by asked.source, length(asked.source_course_id), asked.source_course_id
