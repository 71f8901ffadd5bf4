delete from core.open_activities as known
where known.source = :source
and known.source_course_id = any(:courses)
and not exists (
    select from staged
    where staged.enrolment_code = known.enrolment_code
    and staged.unit_code = known.unit_code
    and staged.activity_id = known.activity_id
)
