-- Courses that give a competence, of the sources with these connections.
select distinct links.source_course_id
from core.competence_links as links
join core.sources using (source)
where links.closed_at is null
and sources.closed_at is null
and sources.connection_id = any(cast(:connection_ids as text []))
order by 1
