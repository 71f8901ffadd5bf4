-- What a person has offered again, and that the person did.
with decided as (
    insert into ops.pe_decisions (attendance_id, decision, decided_by, status_before)
    select attendance_id, 'resend', :decided_by, status
    from ops.pe_attendance
    where attendance_id = any(:attendance_ids)
)

update ops.pe_attendance
set status = 'pending', reason = null, explanation = null, next_attempt_at = null, first_due_at = clock_timestamp()
where attendance_id = any(:attendance_ids)
