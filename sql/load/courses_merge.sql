-- A missing idnumber is one that the site does not show (none would be empty): the known one stays.
insert into core.courses (source, source_course_id, name, idnumber, visible, gone)
select :source, source_course_id, name, idnumber, visible, false
from staged
order by source_course_id
on conflict (source, source_course_id) do update
set
    name = excluded.name,
    idnumber = coalesce(excluded.idnumber, courses.idnumber),
    visible = excluded.visible,
    gone = false
where (courses.name, courses.idnumber, courses.visible, courses.gone)
    is distinct from (excluded.name, coalesce(excluded.idnumber, courses.idnumber), excluded.visible, false)
