select
    attendance_id,
    org_id,
    client_code,
    source_course_id,
    coalesce(pe_course_id, external_course_code) as pe_course,
    left(end_date, 10) as passed_on,
    status,
    reason,
    last_cause,
    attempts,
    last_attempt_at
from mart.pe_attendance
where (cast(:status as text) is null or status = :status)
and (cast(:org_id as integer) is null or org_id = :org_id)
and (cast(:reason as text) is null or reason = :reason)
order by org_id, attendance_id
