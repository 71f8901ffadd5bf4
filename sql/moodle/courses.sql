-- name: idnumbers_hidden
-- Courses whose known idnumber the site does not show now.
select source_course_id
from core.courses
where source = :source
and core.folded(idnumber) <> ''
and source_course_id = any(:unshown)
order by source_course_id

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
