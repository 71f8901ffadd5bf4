update core.activities
set gone = true
where source = :source
and source_course_id = :source_course_id
and not (activity_id = any(:present))
and not gone
