-- What each linked competence is derived from: how many passes there are, and the newest of them.
select
    links.competence_code,
    sum(counted.passes) as passes,
    max(counted.newest) as newest
from core.competence_links links
join core.competences using (competence_code)
cross join lateral (
    select count(*) as passes, max(p.recorded_at) as newest
    from core.course_passes p
    where p.source = links.source and p.source_course_id = links.source_course_id
    union all
    select count(*), max(d.recorded_at)
    from core.course_completions d
    where d.source = links.source and d.source_course_id = links.source_course_id
) as counted
where links.closed_at is null
and competences.closed_at is null
group by links.competence_code
order by links.competence_code
