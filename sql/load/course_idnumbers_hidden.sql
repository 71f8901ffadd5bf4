-- Courses whose known idnumber the site does not show now.
select source_course_id
from core.courses
where source = :source
and core.folded(idnumber) <> ''
and source_course_id = any(:unshown)
order by source_course_id
