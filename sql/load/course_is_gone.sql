update core.courses
set gone = true
where source = :source and source_course_id = :source_course_id and not gone
