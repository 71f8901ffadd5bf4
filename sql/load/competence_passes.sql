-- Who passed a course that is linked to the competence, whatever the system it was passed in.
with linked as (
    select l.source, l.source_course_id, l.competence_code, l.linked_at, c.validity_days, s.timezone
    from core.competence_links as l
    join core.competences as c using (competence_code)
    join core.sources as s using (source)
    where l.competence_code = :competence_code
    and l.closed_at is null
    and c.closed_at is null
),

passed as (
    select source, source_course_id, client_code, passed_at, recorded_at from core.course_passes
    union all
    select source, source_course_id, client_code, completed_at, recorded_at
    from core.course_completions
    where passed
)

select
    passed.client_code,
    linked.competence_code,
    linked.validity_days,
    linked.source,
    linked.source_course_id,
    linked.timezone,
    passed.passed_at,
    passed.recorded_at,
    linked.linked_at
from linked
join passed using (source, source_course_id)
