-- Who passed a course that is linked to the competence, whatever the system it was passed in.
with linked as (
    select l.source, l.source_course_id, l.competence_code, c.validity_days, s.timezone
    from core.competence_links as l
    join core.competences as c using (competence_code)
    join core.sources as s using (source)
    where l.competence_code = :competence_code
    and l.closed_at is null
    and c.closed_at is null
)

select
    p.client_code,
    linked.competence_code,
    linked.validity_days,
    linked.source,
    linked.source_course_id,
    linked.timezone,
    p.passed_at
from linked
join core.course_passes as p using (source, source_course_id)
union all
select
    d.client_code,
    linked.competence_code,
    linked.validity_days,
    linked.source,
    linked.source_course_id,
    linked.timezone,
    d.completed_at
from linked
join core.course_completions as d using (source, source_course_id)
where d.passed
