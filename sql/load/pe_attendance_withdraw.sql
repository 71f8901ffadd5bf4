-- Rows that were not sent yet and that no accreditation covers any more.
update ops.pe_attendance as held
set status = 'withheld', reason = :reason, explanation = :explanation, next_attempt_at = null
where held.org_id = :org_id
and (
    held.status = 'pending'
    or (held.status = 'withheld' and held.reason <> :reason)
    or (held.status = 'rejected' and held.next_attempt_at is not null)
)
and not exists (
    select from staged
    where staged.client_code = held.client_code
    and staged.source = held.source
    and staged.source_course_id = held.source_course_id
    and coalesce(staged.pe_course_id, '') = coalesce(held.pe_course_id, '')
    and coalesce(staged.external_course_code, '') = coalesce(held.external_course_code, '')
    and coalesce(staged.pe_module_id, '') = coalesce(held.pe_module_id, '')
    and coalesce(staged.external_module_code, '') = coalesce(held.external_module_code, '')
)
