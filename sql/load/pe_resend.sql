-- Rows that a person has offered again, by their numbers or by what they have in common; nobody asks for all.
with wanted as (
    select attendance_id, status
    from ops.pe_attendance
    where status = :status
    and (status <> 'withheld' or reason = any(cast(:claims as text [])))
    and (cast(:attendance_ids as bigint []) is null or attendance_id = any(:attendance_ids))
    and (cast(:org_id as integer) is null or org_id = :org_id)
    and (cast(:course as text) is null or :course in (pe_course_id, external_course_code))
    and (cast(:reason as text) is null or reason = :reason)
    and (cast(:since as date) is null or last_attempt_at >= cast(:since as timestamp) at time zone :timezone)
    and (
        cast(:until as date) is null
        or last_attempt_at < (cast(:until as timestamp) + interval '1 day') at time zone :timezone
    )
    for update
),

reopened as (
    update ops.pe_attendance as held
    set status = 'pending', reason = null, explanation = null, next_attempt_at = null, first_due_at = clock_timestamp()
    from wanted
    where held.attendance_id = wanted.attendance_id
)

insert into ops.pe_decisions (attendance_id, decision, decided_by, status_before)
select attendance_id, 'resend', :decided_by, status from wanted
returning attendance_id
