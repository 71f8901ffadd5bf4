-- name: begin_whole
-- From the first day on, and what is seen from now on is counted.
insert into ops.coachview_reading as held (entity, read_until, whole_since)
values (:entity, :first, clock_timestamp())
on conflict (entity) do update set read_until = excluded.read_until, whole_since = excluded.whole_since

-- name: end_whole
-- What a look at the whole list did not see is gone, unless it was read in another way meanwhile.
with done as (
    update ops.coachview_reading
    set whole_since = null, whole_at = clock_timestamp()
    where entity = :entity
),

seen as (
    delete from raw.coachview_seen where entity = :entity returning id
)

update raw.coachview_rows
set gone_at = clock_timestamp()
where entity = :entity and gone_at is null and id not in (select id from seen)

-- name: forget_seen
delete from raw.coachview_seen where entity = :entity

-- name: keep
-- Rows of which something differs, or that are back.
insert into raw.coachview_rows as held (entity, id, fields)
select :entity, staged.id, staged.fields
from staged
on conflict (entity, id) do update
set fields = excluded.fields, read_at = excluded.read_at, gone_at = null
where held.fields <> excluded.fields or held.gone_at is not null

-- name: position
select entity, read_until, whole_since, whole_at
from ops.coachview_reading
where entity = :entity

-- name: read_until
update ops.coachview_reading
set read_until = :until
where entity = :entity and read_until <> :until

-- name: saw
insert into raw.coachview_seen (entity, id)
select :entity, staged.id from staged
on conflict do nothing

-- name: unread
-- Lists of which no look at the whole was ever finished.
select asked.entity
from unnest(cast(:entities as text [])) as asked (entity)
left join ops.coachview_reading as reading using (entity)
where reading.whole_at is null

-- name: ever_read
select entity from ops.coachview_reading limit 1

-- name: elearning_parts
select id from raw.coachview_rows
where entity = :entity and gone_at is null and coalesce(btrim(fields ->> 'course_id'), '') <> ''

-- name: version
-- Changes whenever a row is read anew, or is gone.
select count(*) || ' ' || coalesce(cast(max(greatest(read_at, gone_at)) as text), '') as version
from raw.coachview_rows
