-- name: idnumbers_hidden
-- Courses whose known idnumber the site does not show now.
select source_course_id
from core.courses
where source = :source
and core.folded(idnumber) <> ''
and source_course_id = any(:unshown)
order by source_course_id

-- name: links_of
-- The occurrences that some courses are linked to now.
select distinct source_course_id as scope, occurrence_code
from core.linked_courses
where source = :source
and source_course_id = any(:scopes)
and in_force
order by 1, 2

-- name: occurrences_unlinked
-- Occurrences whose units are mapped to activities of this source, while no course of it is linked.
select distinct a.occurrence_code
from core.activity_links a
join core.occurrences o using (occurrence_code)
where a.source = :source
and a.closed_at is null
and o.closed_at is null
and o.status in ('planned', 'active')
and a.occurrence_code <> all(:linked)
order by 1
