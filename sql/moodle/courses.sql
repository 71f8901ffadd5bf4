-- name: idnumbers_hidden
-- Courses whose known idnumber the site does not show now.
select source_course_id
from core.courses
where source = :source
and core.folded(idnumber) <> ''
and source_course_id = any(:unshown)
order by source_course_id

-- name: links_of
-- The occurrences that some courses are linked to now, by idnumber or by hand.
select c.source_course_id as scope, o.occurrence_code
from core.courses as c
join core.occurrences as o on core.folded(o.occurrence_code) = core.folded(c.idnumber) and o.closed_at is null
where c.source = :source
and c.source_course_id = any(:scopes)
union
select l.source_course_id, o.occurrence_code
from core.course_links as l
join core.occurrences as o using (occurrence_code)
where l.source = :source
and l.source_course_id = any(:scopes)
and l.closed_at is null
and o.closed_at is null
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
