-- Points that stand under another relation number than the client's of today, until a person says that they are right.
with judged as (
    select
        held.attendance_id,
        coalesce(number.value <> held.relation_number, false)
        and not exists (
            select from ops.pe_decisions as decided
            where decided.attendance_id = held.attendance_id
            and (decided.decision, decided.status_before) = ('registered', 'accepted')
            and decided.decided_at > held.last_attempt_at
        ) as changed
    from ops.pe_attendance as held
    join core.profession_groups as registered using (org_id)
    left join core.client_numbers as number
        on number.client_code = held.client_code
        and number.scheme = registered.number_scheme
        and number.closed_at is null
    where held.org_id = :org_id and held.status = 'accepted'
)

update ops.pe_attendance as held
set
    reason = case when judged.changed then cast(:reason as text) end,
    explanation = case when judged.changed then cast(:explanation as text) end
from judged
where held.attendance_id = judged.attendance_id
and judged.changed <> (held.reason is not distinct from :reason)
