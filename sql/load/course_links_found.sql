-- Links that were not known yet; a closed occurrence counts too, for the course belonged to it.
insert into core.course_link_history (source, source_course_id, occurrence_code)
select source, source_course_id, occurrence_code
from (
    select c.source, c.source_course_id, o.occurrence_code
    from core.courses as c
    join core.occurrences as o on core.folded(o.occurrence_code) = core.folded(c.idnumber)
    where c.source = :source
    union
    select source, source_course_id, occurrence_code
    from core.course_links
    where source = :source
    except
    select source, source_course_id, occurrence_code
    from core.course_link_history
    where source = :source
) as found
order by source_course_id, occurrence_code
