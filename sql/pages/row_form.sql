-- name: course
select name
from core.courses
where source = :source and source_course_id = :source_course_id

-- name: groups
select cast(org_id as text) as value, name || ' (orgID ' || org_id || ')' as word
from core.profession_groups
where closed_at is null
order by org_id

-- name: sources
select source as value, source as word
from core.sources
where closed_at is null
order by source
