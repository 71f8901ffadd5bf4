-- What is sent is what this returns; a row that was withheld or settled meanwhile is not claimed.
with claimed as (
    update ops.pe_attendance
    set
        status = 'sending',
        reason = null,
        explanation = null,
        next_attempt_at = null,
        attempts = attempts + 1,
        last_attempt_at = clock_timestamp()
    where attendance_id = any(:attendance_ids) and status in ('pending', 'rejected', 'unknown')
    returning *
),

attempted as (
    insert into ops.pe_attempts (attendance_id, call_id, run_id, connection_id, mode)
    select attendance_id, :call_id, :run_id, :connection_id, :mode from claimed
)

select
    attendance_id,
    course_type,
    relation_number,
    end_date,
    pe_course_id,
    external_course_code,
    pe_module_id,
    external_module_code,
    pe_edition_id,
    external_edition_id,
    pe_meeting_id,
    external_meeting_id
from claimed
order by attendance_id
