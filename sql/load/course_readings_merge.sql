-- When each of these courses that gives a competence was read. Not read: what of its people cannot be read for the
-- course as a whole (the key behind the slash is empty); not whole: somebody in it is left to be asked about again.
insert into core.course_readings (source, source_course_id, read_at, whole)
select
    :source,
    given.scope,
    given.read_at,
    not exists (
        select from ops.rejections as missed
        where missed.flow = :poll
        and missed.source = :source
        and missed.scope = given.scope
        and missed.resource = any(:people)
        and missed.reason_code <> 'no_completion_criteria'
        and missed.resolved_at is null
    )
from unnest(cast(:scopes as text []), cast(:moments as timestamptz [])) as given (scope, read_at)
where exists (
    select from core.competence_links as links
    where links.source = :source and links.source_course_id = given.scope
)
and not exists (
    select from ops.rejections as missed
    where missed.flow = :poll
    and missed.source = :source
    and missed.scope = given.scope
    and missed.resource = any(:people)
    and missed.record_key = given.scope || '/'
    and missed.reason_code <> 'no_completion_criteria'
    and missed.resolved_at is null
)
order by given.scope
on conflict (source, source_course_id, read_at) do nothing
