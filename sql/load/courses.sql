-- name: close_activities
delete from core.open_activities as known
where known.source = :source
and known.source_course_id = any(:courses)
and not exists (
    select from staged
    where staged.enrolment_code = known.enrolment_code
    and staged.unit_code = known.unit_code
    and staged.activity_id = known.activity_id
)

-- name: merge_activities
insert into core.open_activities as known
(source, source_course_id, enrolment_code, unit_code, activity_id, state)
select distinct on (enrolment_code, unit_code, activity_id)
    :source, source_course_id, enrolment_code, unit_code, activity_id, state
from staged
order by enrolment_code, unit_code, activity_id
on conflict (source, enrolment_code, unit_code, activity_id) do update
set source_course_id = excluded.source_course_id, state = excluded.state
where (known.source_course_id, known.state) is distinct from (excluded.source_course_id, excluded.state)

-- name: readings_merge
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
