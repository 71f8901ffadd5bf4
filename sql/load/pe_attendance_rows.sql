select
    attendance_id,
    course_type,
    relation_number,
    end_date,
    pe_course_id,
    external_course_code,
    pe_module_id,
    external_module_code,
    pe_edition_id,
    external_edition_id,
    pe_meeting_id,
    external_meeting_id
from ops.pe_attendance
where attendance_id = any(:attendance_ids)
order by attendance_id
