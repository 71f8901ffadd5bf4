-- What a push would send now. Oldest first, so that nobody waits for ever.
select attendance_id, relation_number, status, course_type
from ops.pe_attendance
where org_id = :org_id
and (
    status in ('pending', 'sending')
    or (status = 'rejected' and next_attempt_at <= clock_timestamp())
    or (status = 'unknown' and course_type = any(:resendable))
)
order by first_due_at, attendance_id
