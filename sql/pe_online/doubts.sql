-- name: points_sent
-- Points that are, or may be, booked at PE-Online: how many, by what earned them and what they were sent under.
select
    cast(org_id as text) as org_id,
    source,
    source_course_id,
    coalesce(pe_course_id, 'code ' || external_course_code) as course,
    coalesce(pe_module_id, 'code ' || external_module_code, '') as module,
    left(end_date, 10) as day,
    count(*) as points
from ops.pe_attendance
join ops.outbox using (item_id)
where status in ('sending', 'unknown', 'accepted')
group by org_id, source, source_course_id, course, module, day
