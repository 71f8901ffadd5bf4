-- When courses that give competences were read: by each night that counts as a reading, as its answers were landed, and
-- as it was known of the course by then. A dry run derives nothing, or nothing that stays.
create or replace view core.courses_read as
select
    nights.source,
    nights.source_course_id,
    nights.read_at,
    known.whole
from (
    select
        landed.source,
        landed.scope as source_course_id,
        max(landed.landed_at) as read_at
    from raw.landings as landed
    join ops.runs using (run_id)
    where runs.parameters ->> 'dry_run' is distinct from 'true'
    group by landed.source, landed.scope, landed.run_id
    union
    select
        source,
        source_course_id,
        read_at
    from core.course_readings
) as nights
cross join lateral (
    select
        changed.whole,
        changed.readable
    from core.course_readings as changed
    where changed.source = nights.source
    and changed.source_course_id = nights.source_course_id
    and changed.read_at <= nights.read_at
    order by changed.read_at desc
    limit 1
) as known
where known.readable;

comment on view core.courses_read is 'When courses that give competences were read, night by night';
comment on column core.courses_read.source is 'Connected system of the course';
comment on column core.courses_read.source_course_id is 'Course in that system';
comment on column core.courses_read.read_at is 'When the last answer of the reading was landed';
comment on column core.courses_read.whole is 'Whether nobody was left out';
