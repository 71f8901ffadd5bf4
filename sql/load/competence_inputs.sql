-- What each competence is derived from: how many passes its links have, and the newest of them. One that is no
-- longer linked is listed while a rejection of it is open.
select
    competence_code,
    coalesce(sum(counted.passes), 0) as passes,
    max(counted.newest) as newest
from core.competences
left join core.competence_links as links using (competence_code)
left join lateral (
    select count(*) as passes, max(p.recorded_at) as newest
    from core.course_passes as p
    where p.source = links.source and p.source_course_id = links.source_course_id
    union all
    select count(*), max(d.recorded_at)
    from core.course_completions as d
    where d.source = links.source and d.source_course_id = links.source_course_id
) as counted on links.closed_at is null
where (links.competence_code is not null and links.closed_at is null and competences.closed_at is null)
or competence_code in (select scope from ops.rejections where flow = :flow and resolved_at is null)
group by competence_code
order by competence_code
