-- What the ledger of a profession group holds; released: a person said that the row is to be offered all the same.
select
    client_code,
    source,
    source_course_id,
    passed_at,
    pe_course_id,
    external_course_code,
    pe_module_id,
    external_module_code,
    course_type,
    pe_edition_id,
    external_edition_id,
    pe_meeting_id,
    external_meeting_id,
    relation_number,
    end_date,
    status,
    exists (
        select from ops.pe_decisions as decided
        where decided.attendance_id = held.attendance_id and decided.decision = 'resend'
        and decided.status_before in ('accepted', 'withheld')
    ) as released
from ops.pe_attendance as held
where org_id = :org_id
