-- The account went live: what was accepted in test mode booked nothing and is sent again.
update ops.pe_attendance
set status = 'pending', first_due_at = clock_timestamp()
where org_id = :org_id and status = 'accepted_in_test'
