-- Who passed a course that is linked to the competence, whatever the system it was passed in.
select
    passed.client_code,
    links.competence_code,
    c.validity_days,
    links.source,
    links.source_course_id,
    s.timezone,
    passed.passed_at
from core.competence_links links
join core.competences c using (competence_code)
join core.sources s using (source)
join (
    select source, source_course_id, client_code, passed_at from core.course_passes
    union
    select source, source_course_id, client_code, completed_at from core.course_completions where passed
) as passed using (source, source_course_id)
where links.competence_code = :competence_code
and links.closed_at is null
and c.closed_at is null
