-- Rows that a person may have to do something about; ids only. What was accepted stands at the number of that time.
with open_cases as (
    select held.*
    from ops.pe_attendance as held
    where org_id = :org_id
    and status in ('withheld', 'rejected', 'unknown')
    and reason <> all(cast(:nothing_to_do as text []))
    union all
    select held.*
    from ops.pe_attendance as held
    join core.profession_groups as registered using (org_id)
    join core.client_numbers as number on number.client_code = held.client_code and number.scheme = registered.number_scheme
    where held.org_id = :org_id
    and held.status = 'accepted'
    and number.closed_at is null
    and number.value <> held.relation_number
    and not exists (
        select from ops.pe_decisions as decided
        where decided.attendance_id = held.attendance_id
        and (decided.decision, decided.status_before) = ('registered', 'accepted')
        and decided.decided_at > held.last_attempt_at
    )
)

select
    org_id::text as scope,
    'pe_attendance' as resource,
    concat_ws(
        '/', client_code, source, source_course_id, coalesce(pe_course_id, external_course_code),
        coalesce(pe_module_id, external_module_code), left(end_date, 10)
    ) as record_key,
    case status when 'accepted' then cast(:number_changed as text) else reason end as reason_code,
    case status when 'accepted' then cast(:number_changed_words as text) else explanation end as reason
from open_cases
