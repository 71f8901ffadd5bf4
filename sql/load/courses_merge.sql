insert into core.courses (source, source_course_id, name, idnumber, visible, gone)
select :source, source_course_id, name, idnumber, visible, false
from staged
order by source_course_id
on conflict (source, source_course_id) do update
set name = excluded.name, idnumber = excluded.idnumber, visible = excluded.visible, gone = false
where (courses.name, courses.idnumber, courses.visible, courses.gone)
    is distinct from (excluded.name, excluded.idnumber, excluded.visible, false)
