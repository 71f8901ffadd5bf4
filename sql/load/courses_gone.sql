update core.courses
set gone = true
where source = :source
and not gone
and source_course_id <> all(:present)
