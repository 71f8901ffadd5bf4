insert into core.course_completions
(source, source_course_id, client_code, completed_at, grade_percent, passed, run_id)
select :source, source_course_id, client_code, completed_at, grade_percent, passed, :run_id
from staged
order by source_course_id, client_code, completed_at
on conflict (source, source_course_id, client_code, completed_at) do nothing
