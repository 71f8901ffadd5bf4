-- Rows that a person may have to do something about; ids only.
select
    org_id::text as scope,
    'pe_attendance' as resource,
    concat_ws(
        '/', client_code, source, source_course_id, coalesce(pe_course_id, external_course_code),
        coalesce(pe_module_id, external_module_code), left(end_date, 10)
    ) as record_key,
    reason as reason_code,
    explanation as reason
from ops.pe_attendance
where org_id = :org_id
and (
    (status in ('withheld', 'rejected', 'unknown') and reason <> all(cast(:nothing_to_do as text [])))
    or (status = 'accepted' and reason = :number_changed)
)
