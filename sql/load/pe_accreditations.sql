select
    org_id,
    source,
    source_course_id,
    valid_from,
    valid_to,
    pe_course_id,
    external_course_code,
    pe_module_id,
    external_module_code,
    course_type,
    pe_edition_id,
    external_edition_id,
    pe_meeting_id,
    external_meeting_id
from core.accreditations
where org_id = :org_id and closed_at is null
