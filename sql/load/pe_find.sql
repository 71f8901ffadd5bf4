-- Rows that a person decides about, by their numbers or by what they have in common.
select attendance_id
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
order by attendance_id
for update
