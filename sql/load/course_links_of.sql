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
