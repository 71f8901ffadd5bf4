select attendance_id, org_id, client_code, source_course_id, pe_course_id, status, reason, attempts, last_attempt_at
from mart.pe_attendance
where (cast(:status as text) is null or status = :status)
and (cast(:org_id as integer) is null or org_id = :org_id)
order by org_id, attendance_id
