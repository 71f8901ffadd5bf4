-- A pass grade that is not known now stays as it was known last.
insert into core.activities (source, source_course_id, activity_id, name, module, mappable, grade_pass)
select :source, source_course_id, activity_id, name, module, mappable, grade_pass
from staged
order by activity_id
on conflict (source, activity_id) do update
set
    source_course_id = excluded.source_course_id,
    name = excluded.name,
    module = excluded.module,
    mappable = excluded.mappable,
    grade_pass = coalesce(excluded.grade_pass, activities.grade_pass),
    gone = false
where (activities.source_course_id, activities.name, activities.module, activities.mappable, activities.gone)
    is distinct from (excluded.source_course_id, excluded.name, excluded.module, excluded.mappable, false)
or activities.grade_pass is distinct from coalesce(excluded.grade_pass, activities.grade_pass)
