-- What is due or withheld according to the results, for rows that are not with PE-Online. The date stays as it
-- was; a rejected row comes back when its number or mapping changed.
insert into ops.pe_attendance as held (
    org_id,
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
    reason,
    explanation,
    first_due_at
)
select staged.*, case when staged.status = 'pending' then clock_timestamp() end
from staged
on conflict on constraint business_fact do update
set
    course_type = excluded.course_type,
    pe_edition_id = excluded.pe_edition_id,
    external_edition_id = excluded.external_edition_id,
    pe_meeting_id = excluded.pe_meeting_id,
    external_meeting_id = excluded.external_meeting_id,
    relation_number = excluded.relation_number,
    status = excluded.status,
    reason = excluded.reason,
    explanation = excluded.explanation,
    next_attempt_at = null,
    first_due_at = case when held.status = 'pending' then held.first_due_at else excluded.first_due_at end
where held.status in ('pending', 'withheld', 'rejected')
and (
    (
        (held.status, excluded.status) is distinct from ('rejected', 'pending')
        and (held.status, held.reason) is distinct from (excluded.status, excluded.reason)
    )
    or (
        held.relation_number,
        held.course_type,
        held.pe_edition_id,
        held.external_edition_id,
        held.pe_meeting_id,
        held.external_meeting_id
    ) is distinct from (
        excluded.relation_number,
        excluded.course_type,
        excluded.pe_edition_id,
        excluded.external_edition_id,
        excluded.pe_meeting_id,
        excluded.external_meeting_id
    )
)
returning held.attendance_id
