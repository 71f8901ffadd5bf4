select activity_id, activity_name, activity_type, pass_grade, can_be_mapped, mapped, units
from mart.activities
where source = :source and source_course_id = :source_course_id
order by can_be_mapped desc, activity_id
