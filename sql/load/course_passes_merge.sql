insert into core.course_passes (source, source_course_id, client_code, passed_at, run_id)
select :source, source_course_id, client_code, passed_at, :run_id
from staged
order by source_course_id, client_code, passed_at
on conflict (source, source_course_id, client_code, passed_at) do nothing
