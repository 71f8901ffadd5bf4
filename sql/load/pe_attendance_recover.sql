-- Whoever holds the lock and finds a row in sending knows that the former pusher died with it.
with abandoned as (
    update ops.pe_attendance
    set status = 'unknown', reason = :reason, explanation = :explanation
    where org_id = :org_id and status = 'sending'
    returning attendance_id, course_type
),

closed as (
    update ops.pe_attempts
    set finished_at = clock_timestamp(), outcome = 'unknown', error_code = 'pusher_died', cause = 'the push ended before the answer came'
    from abandoned
    where pe_attempts.attendance_id = abandoned.attendance_id and pe_attempts.outcome = 'sending'
)

select attendance_id, course_type from abandoned
