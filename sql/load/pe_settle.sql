-- A person looked it up at PE-Online: registered, or not (then it is sent again).
with settled as (
    update ops.pe_attendance as held
    set
        status = case
            when not :registered then 'pending'
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
    where attendance_id = :attendance_id and status = 'unknown'
    returning attendance_id
)

insert into ops.pe_decisions (attendance_id, decision, decided_by)
select attendance_id, case when :registered then 'registered' else 'not_registered' end, :decided_by
from settled
