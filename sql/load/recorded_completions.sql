-- Every completion that is recorded of some courses.
select source_course_id as scope, client_code, completed_at
from core.course_completions
where source = :source
and source_course_id = any(:scopes)
