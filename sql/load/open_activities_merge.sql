insert into core.open_activities as known
(source, source_course_id, enrolment_code, unit_code, activity_id, state)
select distinct on (enrolment_code, unit_code, activity_id)
    :source, source_course_id, enrolment_code, unit_code, activity_id, state
from staged
order by enrolment_code, unit_code, activity_id
on conflict (source, enrolment_code, unit_code, activity_id) do update
set source_course_id = excluded.source_course_id, state = excluded.state
where (known.source_course_id, known.state) is distinct from (excluded.source_course_id, excluded.state)
