-- name: correct
-- Periods that were decided on less than all courses leave; they are kept as they were.
with fallen as (
    delete from core.earned_competences as held
    using staged
    where held.client_code = staged.client_code
    and held.competence_code = staged.competence_code
    and held.valid_from = staged.valid_from
    returning held.*
)

insert into core.corrected_competences
(client_code, competence_code, valid_from, valid_to, source, source_course_id, run_id, recorded_at, corrected_by)
select client_code, competence_code, valid_from, valid_to, source, source_course_id, run_id, recorded_at, :run_id
from fallen

-- name: courses
-- The courses of a source that give competences, and whether they can be asked about.
select
    wanted.source_course_id as scope,
    case
        when c.source_course_id is null then 'course_unknown'
        when c.gone and not c.gone_when_asked then 'course_gone'
        when not c.can_be_asked then 'course_not_published'
    end as problem
from core.counted_courses as wanted
left join core.courses c using (source, source_course_id)
where wanted.source = :source
and wanted.gives_competence
order by 1

-- name: courses_of
-- Courses that give a competence, of the sources with these connections.
select distinct counted.source_course_id
from core.counted_courses as counted
join core.sources using (source)
where counted.gives_competence
and sources.closed_at is null
and sources.connection_id = any(cast(:connection_ids as text []))
order by 1

-- name: decide
insert into ops.competence_decisions
(decision, competence_code, client_code, source, source_course_id, decided_by, reason)
values (:decision, :competence_code, :client_code, :source, :source_course_id, :decided_by, :reason)

-- name: decided_since
-- What was decided about the competence of a person, or of everyone, last since then.
select decision, decided_by, reason
from ops.competence_decisions
where competence_code = :competence_code
and (client_code is null or client_code = :client_code)
and decision in ('revoked', 'restored')
and decided_at > :since
order by decision_id desc
limit 1

-- name: earned_merge
insert into core.earned_competences
(client_code, competence_code, valid_from, valid_to, source, source_course_id, run_id)
select client_code, competence_code, valid_from, valid_to, source, source_course_id, :run_id
from staged
order by client_code, valid_from
on conflict (client_code, competence_code, valid_from) do nothing

-- name: earned_standing
-- One writer at a time: whoever says who has a competence holds its lock.
select count(*) as standing
from staged
join core.earned_competences using (client_code, competence_code, valid_from)

-- name: held
-- What people have already: earned, or recorded by the administration (recorded_at is empty), also when it was
-- revoked or has ended.
select client_code, competence_code, valid_from, valid_to, recorded_at
from core.earned_competences
where competence_code = :competence_code
union all
select client_code, competence_code, valid_from, valid_to, null
from core.recorded_competences
where competence_code = :competence_code
and closed_at is null

-- name: inputs
-- What each competence is derived from: how many passes its links have, the newest of them and of what a person decided
-- about them, and the courses that count and were never read. One that is no longer linked is listed while a rejection of it is open.
with linked as (
    select
        links.competence_code,
        links.source,
        links.source_course_id,
        -- Of a source whose list of courses was never read, or not whole, any course may be there.
        coalesce(
            not courses.gone and courses.can_be_asked,
            not exists (
                select from raw.landings as listed
                where listed.source = links.source and listed.scope = '' and listed.resource = 'courses'
            )
            or exists (
                select from ops.rejections as unreadable
                where unreadable.source = links.source
                and unreadable.scope = ''
                and unreadable.resource = 'course'
                and unreadable.reason_code = 'malformed_record'
                and unreadable.resolved_at is null
            )
        )
        and not exists (
            select from core.course_readings as readings
            where readings.source = links.source
            and readings.source_course_id = links.source_course_id
            and readings.readable
        ) as unread
    from core.competence_links as links
    join core.sources on sources.source = links.source and sources.closed_at is null
    left join core.courses
        on courses.source = links.source and courses.source_course_id = links.source_course_id
    where links.closed_at is null
)

select
    competence_code,
    coalesce(sum(counted.passes), 0) as passes,
    max(counted.newest) as newest,
    coalesce(
        array_agg(distinct linked.source || '/' || linked.source_course_id) filter (where linked.unread), '{}'
    ) as unread
from core.competences
left join linked using (competence_code)
left join lateral (
    select count(*) as passes, max(p.recorded_at) as newest
    from core.course_passes as p
    where p.source = linked.source and p.source_course_id = linked.source_course_id
    union all
    select count(*), max(d.recorded_at)
    from core.course_completions as d
    where d.source = linked.source and d.source_course_id = linked.source_course_id
    union all
    select 0, max(h.decided_at)
    from ops.completion_decisions as h
    where h.source = linked.source and h.source_course_id = linked.source_course_id
) as counted on true
where (linked.competence_code is not null and competences.closed_at is null)
or competence_code in (select scope from ops.rejections where flow = :flow and resolved_at is null)
group by competence_code
order by competence_code

-- name: known
select
    exists (select from core.competences where competence_code = :competence_code) as competence,
    :client_code is null or exists (select from core.clients where client_code = :client_code) as client

-- name: link
-- A link that was removed is made again.
insert into core.competence_links as held (source, source_course_id, competence_code, linked_on)
values (:source, :source_course_id, :competence_code, current_date)
on conflict (source, source_course_id, competence_code) do update
set closed_at = null, linked_on = excluded.linked_on
where held.closed_at is not null

-- name: linkable
select
    exists (
        select from core.competences where competence_code = :competence_code and closed_at is null
    ) as competence,
    exists (
        select from mart.linkable_courses where source = :source and source_course_id = :source_course_id
    ) as course

-- name: participants
-- How many people passed a course before, how many of them hold a competence now, and how many hold it by this course.
with passed as (
    select client_code
    from core.course_passes
    where source = :source and source_course_id = :source_course_id
    union
    select client_code
    from core.course_completions
    where source = :source and source_course_id = :source_course_id
),

holding as materialized (
    select client_code, source, source_course_id
    from mart.competences
    where competence_code = :competence_code and held_now
)

select
    (select count(*) from passed) as passed,
    (select count(*) from passed where client_code in (select client_code from holding)) as holding,
    (
        select count(distinct client_code) from holding
        where source = :source and source_course_id = :source_course_id
    ) as by_it

-- name: passes
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

-- name: readings
-- When the courses of a competence were read whole.
select links.source, links.source_course_id, readings.read_at
from core.competence_links as links
cross join lateral (
    select read_at
    from core.courses_read as reading
    where reading.source = links.source
    and reading.source_course_id = links.source_course_id
    and reading.whole
) as readings
where links.competence_code = :competence_code
and links.closed_at is null

-- name: last_decision
select decision, decided_by, reason
from ops.competence_decisions
where competence_code = :competence_code
and client_code is not distinct from :client_code
and decision in ('revoked', 'restored')
order by decision_id desc
limit 1

-- name: revoked
select competence_code, client_code
from core.revoked_competences
where competence_code = :competence_code

-- name: unlink
update core.competence_links
set closed_at = clock_timestamp()
where source = :source
and source_course_id = :source_course_id
and competence_code = :competence_code
and closed_at is null
