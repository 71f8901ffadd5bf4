select source, source_course_id, client_code, completed_at, passed
from core.course_completions as completed
where exists (
    select from core.accreditations as granted
    where granted.org_id = :org_id
    and granted.closed_at is null
    and granted.source = completed.source
    and granted.source_course_id = completed.source_course_id
)
