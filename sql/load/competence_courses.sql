-- The courses of a source that give competences, and whether they can be asked about.
select
    wanted.source_course_id as scope,
    case
        when c.source_course_id is null then 'course_unknown'
        when c.gone then 'course_gone'
        when not coalesce(c.visible, false) then 'course_not_published'
    end as problem
from (
    select distinct source_course_id
    from core.competence_links
    where source = :source
    and closed_at is null
) as wanted
left join core.courses c on c.source = :source and c.source_course_id = wanted.source_course_id
order by 1
