-- A person looked rows up at PE-Online: registered, or not (then they are sent again). Points that stand under a former
-- number may be said to be registered as they should be: PE-Online moved them.
with wanted as (
    select attendance_id, status
    from ops.pe_attendance
    where attendance_id = any(:attendance_ids)
    and (status = 'unknown' or (status = 'accepted' and reason = :number_changed and :registered))
    for update
),

settled as (
    update ops.pe_attendance as held
    set
        status = case
            when not :registered then 'pending'
            when wanted.status = 'accepted' then 'accepted'
            when (
                select mode from ops.pe_attempts
                where attendance_id = held.attendance_id
                order by attempt_id desc limit 1
            ) = 'test' then 'accepted_in_test'
            else 'accepted'
        end,
        reason = null,
        explanation = null,
        first_due_at = clock_timestamp()
    from wanted
    where held.attendance_id = wanted.attendance_id
)

insert into ops.pe_decisions (attendance_id, decision, decided_by, status_before)
select attendance_id, case when :registered then 'registered' else 'not_registered' end, :decided_by, status
from wanted
returning attendance_id
