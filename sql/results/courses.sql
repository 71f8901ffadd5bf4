-- name: gone
update core.courses
set gone = true, gone_when_asked = false
where source = :source
and (not gone or gone_when_asked)
and source_course_id <> all(:present)

-- name: gone_when_asked
-- Courses that the site's list shows, and of which the site says that they are gone when it is asked about them.
select source_course_id
from core.courses
where source = :source and gone_when_asked

-- name: is_gone
update core.courses
set gone = :gone, gone_when_asked = :gone
where source = :source and source_course_id = :source_course_id and gone_when_asked <> :gone

-- name: links_found
-- Links that were not known yet; one that is in force no more counts too, for the course belonged to its occurrence.
insert into core.course_link_history (source, source_course_id, occurrence_code)
select source, source_course_id, occurrence_code
from (
    select source, source_course_id, occurrence_code
    from core.linked_courses
    where source = :source
    except
    select source, source_course_id, occurrence_code
    from core.course_link_history
    where source = :source
) as found
order by source_course_id, occurrence_code

-- name: merge
-- A missing idnumber is one that the site does not show (none would be empty): the known one stays.
insert into core.courses (source, source_course_id, name, idnumber, visible, can_be_asked, gone)
select :source, source_course_id, name, idnumber, visible, can_be_asked, false
from staged
order by source_course_id
on conflict (source, source_course_id) do update
set
    name = excluded.name,
    idnumber = coalesce(excluded.idnumber, courses.idnumber),
    visible = excluded.visible,
    can_be_asked = excluded.can_be_asked,
    gone = courses.gone_when_asked
where (courses.name, courses.idnumber, courses.visible, courses.can_be_asked, courses.gone) is distinct from (
    excluded.name,
    coalesce(excluded.idnumber, courses.idnumber),
    excluded.visible,
    excluded.can_be_asked,
    courses.gone_when_asked
)

-- name: occurrences
-- The courses of a source that count for something, with the occurrence they are linked to (null: it only earns
-- accreditation points, gives a competence, or is the part of a training).
with linked as (
    select distinct source_course_id, occurrence_code, status
    from core.linked_courses
    where source = :source and in_force
),

counted as (
    select source_course_id, gives_competence
    from core.counted_courses
    where source = :source
)

select
    found.source_course_id as scope,
    found.occurrence_code,
    found.status,
    coalesce(c.gone, true) as gone,
    asked.asked,
    found.source_course_id in (select source_course_id from counted) as counted,
    -- It gives a competence, which waits for it: asked once, whatever became of its occurrences.
    found.source_course_id in (
        select source_course_id from counted where gives_competence
        except
        select source_course_id from core.course_readings where source = :source and readable
    ) as waited_for,
    -- now or once
    found.source_course_id in (
        select source_course_id from core.course_link_history where source = :source
        union
        select source_course_id from linked
    ) as belongs
from (
    select source_course_id, occurrence_code, status from linked
    union all
    select source_course_id, null, 'active'
    from counted
    where source_course_id not in (select source_course_id from linked)
) as found
join core.asked_courses as asked on asked.source = :source and asked.source_course_id = found.source_course_id
left join core.courses c on c.source = :source and c.source_course_id = found.source_course_id
order by 1, 2
