-- When the courses of a competence were read whole.
select readings.source, readings.source_course_id, readings.read_at
from core.course_readings as readings
join core.competence_links as links using (source, source_course_id)
where links.competence_code = :competence_code
and links.closed_at is null
and readings.whole
