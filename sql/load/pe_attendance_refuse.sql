update ops.pe_attendance
set status = 'rejected', reason = :reason, explanation = :explanation, next_attempt_at = null
where attendance_id = any(:attendance_ids) and status in ('pending', 'unknown')
