-- migrate:up

-- A course that is shown by its site's list and unknown to the site when it is asked about is gone, each night again.
alter table core.courses add column gone_when_asked boolean not null default false;
comment on column core.courses.gone_when_asked is 'Whether it is gone in the site''s own words when it is asked about, though the site''s list still shows it; it is asked again each night';

-- A night that reads what was read before adds no reading: raw.landings has the moment.
alter table core.course_readings add column readable boolean not null default true;
comment on table core.course_readings is 'Since when a course that gives competences reads as it does: written when it is read first and when that changes; when it was read between them says core.courses_read';
comment on column core.course_readings.read_at is 'When the last answer of the reading was landed';
comment on column core.course_readings.whole is 'Whether nobody was left out; false: what of a learner could not be read is still asked for';
comment on column core.course_readings.readable is 'Whether it counts as read; false: what of its people cannot be read for the course as a whole';

-- Nights of before that have no reading did not read the course.
insert into core.course_readings (source, source_course_id, read_at, whole, readable)
select landed.source, landed.scope, max(landed.landed_at), false, false
from raw.landings as landed
where exists (
    select from core.competence_links as links
    where links.source = landed.source and links.source_course_id = landed.scope
)
group by landed.source, landed.scope, landed.run_id
on conflict (source, source_course_id, read_at) do nothing;

-- migrate:down
