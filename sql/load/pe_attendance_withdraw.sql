-- Rows that were not sent, or will not be accepted, and that no passed course and accreditation hold any more.
update ops.pe_attendance as held
set
    status = 'withheld',
    reason = given.reason,
    explanation = given.explanation,
    next_attempt_at = null
from (
    values (true, cast(:no_pass as text), cast(:no_pass_words as text)), (false, :not_accredited, :not_accredited_words)
) as given (pass_is_gone, reason, explanation)
where held.org_id = :org_id
and held.status in ('pending', 'withheld', 'rejected')
and given.pass_is_gone = not exists (
    select from core.course_completions as completed
    where (completed.source, completed.source_course_id, completed.client_code, completed.completed_at)
    = (held.source, held.source_course_id, held.client_code, held.passed_at)
    and completed.passed
)
and (held.status, held.reason) is distinct from ('withheld', given.reason)
and not exists (
    select from staged
    where staged.client_code = held.client_code
    and staged.source = held.source
    and staged.source_course_id = held.source_course_id
    and staged.passed_at = held.passed_at
    and coalesce(staged.pe_course_id, '') = coalesce(held.pe_course_id, '')
    and coalesce(staged.external_course_code, '') = coalesce(held.external_course_code, '')
    and coalesce(staged.pe_module_id, '') = coalesce(held.pe_module_id, '')
    and coalesce(staged.external_module_code, '') = coalesce(held.external_module_code, '')
)
