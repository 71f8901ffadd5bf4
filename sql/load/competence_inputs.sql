-- What each competence is derived from: how many passes its links have, the newest of them, and the courses that
-- count and were never read. One that is no longer linked is listed while a rejection of it is open.
with linked as (
    select
        links.competence_code,
        links.source,
        links.source_course_id,
        -- Of a source whose list of courses was never read, or not whole, any course may be there.
        coalesce(
            not courses.gone and (courses.visible or sources.system <> 'infocaption'),
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
            where readings.source = links.source and readings.source_course_id = links.source_course_id
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
) as counted on true
where (linked.competence_code is not null and competences.closed_at is null)
or competence_code in (select scope from ops.rejections where flow = :flow and resolved_at is null)
group by competence_code
order by competence_code
