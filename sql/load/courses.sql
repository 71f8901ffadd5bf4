-- name: close_activities
-- In these courses what was open of everybody, or where clients are given of the client beside each.
delete from core.open_activities as known
where known.source = :source
and known.source_course_id = any(cast(:courses as text []))
and (
    cast(:clients as text []) is null
    or (known.source_course_id, known.enrolment_code) in (
        select looked.course, e.enrolment_code
        from unnest(cast(:courses as text []), cast(:clients as text [])) as looked (course, client_code)
        join core.enrolments as e using (client_code)
    )
)
and not exists (
    select from staged
    where staged.enrolment_code = known.enrolment_code
    and staged.unit_code = known.unit_code
    and staged.activity_id = known.activity_id
)

-- name: elsewhere_activities
-- Of an activity says what is open the course that it is in, and no other that the occurrence is linked to.
delete from staged
using core.activities as known
where known.source = :source
and known.activity_id = staged.activity_id
and known.source_course_id <> staged.source_course_id

-- name: landed
-- When anything was landed last of the courses that give a competence.
select scope, max(landed_at) as landed_at
from raw.landings
where source = :source
and scope = any(cast(:scopes as text []))
and scope in (select links.source_course_id from core.competence_links as links where links.source = :source)
group by scope

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
-- How each of these courses that gives a competence reads now, where that differs from the last time. Not readable:
-- what of its people cannot be read for the course as a whole (the key behind the slash is empty); not whole: somebody
-- in it is left to be asked about again.
with missed as (
    select scope, record_key
    from ops.rejections
    where flow = :poll
    and source = :source
    and scope = any(:scopes)
    and resource = any(:people)
    and reason_code <> 'no_completion_criteria'
    and resolved_at is null
),

found as (
    select
        given.scope,
        given.read_at,
        given.scope not in (select scope from missed) as whole,
        given.scope || '/' not in (select record_key from missed) as readable
    from unnest(cast(:scopes as text []), cast(:moments as timestamptz [])) as given (scope, read_at)
    where exists (
        select from core.competence_links as links
        where links.source = :source and links.source_course_id = given.scope
    )
)

insert into core.course_readings (source, source_course_id, read_at, whole, readable)
select :source, found.scope, found.read_at, found.whole, found.readable
from found
left join lateral (
    select last.whole, last.readable
    from core.course_readings as last
    where last.source = :source and last.source_course_id = found.scope
    order by last.read_at desc
    limit 1
) as known on true
where (known.whole, known.readable) is distinct from (found.whole, found.readable)
order by found.scope
on conflict (source, source_course_id, read_at) do update
set whole = excluded.whole, readable = excluded.readable
