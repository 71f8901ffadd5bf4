with reopened as (
    update ops.pe_attendance
    set status = 'pending', reason = null, explanation = null, next_attempt_at = null, first_due_at = clock_timestamp()
    where attendance_id = :attendance_id and status = 'rejected'
    returning attendance_id
)

insert into ops.pe_decisions (attendance_id, decision, decided_by)
select attendance_id, 'resend', :decided_by from reopened
