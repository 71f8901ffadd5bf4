-- name: by_hand
-- The course that a person linked an occurrence to.
select source_course_id, linked_by
from core.moodle_course_links
where source = :source and occurrence_code = :occurrence_code and closed_at is null

-- name: changed
-- Items that say something else now than the ledger has of them.
select item.item_id
from staged
join ops.outbox as item
    on item.target = :target and item.kind = :kind and item.fact = staged.fact
left join ops.moodle_courses as held using (item_id)
where held.item_id is null
or (
    held.import_from,
    held.short_name,
    held.full_name,
    held.category_id,
    held.startdate,
    held.enddate,
    held.visible
) is distinct from (
    staged.import_from,
    staged.short_name,
    staged.full_name,
    staged.category_id,
    staged.startdate,
    staged.enddate,
    staged.visible
)

-- name: close_link
update core.moodle_course_links
set closed_at = clock_timestamp()
where source = :source
and occurrence_code = :occurrence_code
and source_course_id <> :source_course_id
and closed_at is null

-- name: enter
insert into ops.moodle_courses (
    item_id, source, occurrence_code, source_course_id, import_from, short_name, full_name, category_id, startdate,
    enddate, visible, asked_by
)
select
    item.item_id,
    staged.source,
    staged.occurrence_code,
    staged.source_course_id,
    staged.import_from,
    staged.short_name,
    staged.full_name,
    staged.category_id,
    staged.startdate,
    staged.enddate,
    staged.visible,
    staged.asked_by
from staged
join ops.outbox as item
    on item.target = :target and item.kind = :kind and item.fact = staged.fact
where item.item_id = any(cast(:offered as bigint []))
on conflict (item_id) do update
set
    occurrence_code = excluded.occurrence_code,
    import_from = excluded.import_from,
    short_name = excluded.short_name,
    full_name = excluded.full_name,
    category_id = excluded.category_id,
    startdate = excluded.startdate,
    enddate = excluded.enddate,
    visible = excluded.visible,
    asked_by = excluded.asked_by
returning item_id

-- name: following
-- The courses of a site that follow an occurrence, with what the site confirmed last: when it was made, or changed.
with linked as (
    select distinct links.source_course_id, links.occurrence_code
    from core.linked_courses as links
    join core.occurrences using (occurrence_code)
    join core.moodle_writing as site using (source)
    where links.source = :source and links.stands and coalesce(occurrences.follow, site.follow)
),

confirmed as (
    select distinct on (held.source_course_id)
        held.source_course_id,
        held.startdate,
        held.enddate,
        held.visible
    from ops.moodle_courses as held
    join ops.outbox as item using (item_id)
    where held.source = :source and item.status = 'accepted' and held.visible is not null
    order by held.source_course_id, held.item_id desc
),

changes as (
    select held.source_course_id, count(*) as changes
    from ops.moodle_courses as held
    join ops.outbox as item using (item_id)
    where held.source = :source and item.kind = :kind and item.status = 'accepted'
    group by held.source_course_id
)

select
    linked.source_course_id,
    linked.occurrence_code,
    occurrences.start_date,
    occurrences.finish_date,
    occurrences.status as occurrence_status,
    count(*) over (partition by linked.source_course_id) as occurrences,
    confirmed.startdate as confirmed_startdate,
    confirmed.enddate as confirmed_enddate,
    confirmed.visible as confirmed_visible,
    coalesce(changes.changes, 0) as changes
from linked
join core.occurrences using (occurrence_code)
left join confirmed using (source_course_id)
left join changes using (source_course_id)
order by linked.source_course_id, linked.occurrence_code

-- name: keep_there_before
update ops.moodle_courses set there_before = :there_before where item_id = :item_id

-- name: link
-- By whom and when an occurrence got its course; said again, it stands as it was.
insert into core.moodle_course_links (source, occurrence_code, source_course_id, linked_by)
values (:source, :occurrence_code, :source_course_id, :linked_by)
on conflict (source, occurrence_code) where closed_at is null do nothing

-- name: linked
-- The course of an occurrence that is linked now, and by what.
select links.source_course_id, 'idnumber' as by
from core.courses as links
cross join lateral core.occurrences_named(links.idnumber) as named
where links.source = :source and named.occurrence_code = :occurrence_code and not links.gone
union all
select source_course_id, 'course_links.csv'
from core.course_links
where source = :source and occurrence_code = :occurrence_code and closed_at is null
union all
select source_course_id, linked_by
from core.moodle_course_links
where source = :source and occurrence_code = :occurrence_code and closed_at is null
order by 1, 2

-- name: list
-- Every occurrence that is listed and not over, with the course of a site that it is linked to.
select
    occurrences.occurrence_code,
    occurrences.status,
    links.source_course_id as course,
    links.by as linked_by,
    cast(links.linked_at as date) as linked_on,
    coalesce(occurrences.follow, site.follow) as follows,
    coalesce(occurrences.send_automatically, site.send_automatically) as sends_automatically
from core.occurrences
join core.moodle_writing as site on site.source = :source
join core.sources on sources.source = site.source
left join (
    select links.source_course_id, named.occurrence_code, 'idnumber' as by, cast(null as timestamptz) as linked_at
    from core.courses as links
    cross join lateral core.occurrences_named(links.idnumber) as named
    where links.source = :source and not links.gone
    union all
    select source_course_id, occurrence_code, 'course_links.csv', null
    from core.course_links
    where source = :source and closed_at is null
    union all
    select source_course_id, occurrence_code, linked_by, linked_at
    from core.moodle_course_links
    where source = :source and closed_at is null
) as links using (occurrence_code)
where occurrences.closed_at is null
and not core.is_over(occurrences.status, occurrences.finish_date, sources.late_days, sources.timezone)
order by occurrences.occurrence_code, links.source_course_id

-- name: made
-- The course that was made for an item.
update ops.moodle_courses set source_course_id = :source_course_id where item_id = :item_id

-- name: occurrence
select occurrence_code, name, start_date, finish_date, status
from core.occurrences
where folded_code = core.folded(:occurrence_code) and closed_at is null

-- name: item
select item.item_id, item.status, item.explanation, held.source_course_id
from ops.outbox as item
left join ops.moodle_courses as held using (item_id)
where item.target = :target and item.kind = :kind and item.fact = ops.fact_of(cast(:business_key as jsonb))

-- name: rows
select
    held.item_id,
    held.occurrence_code,
    held.source_course_id,
    held.import_from,
    held.short_name,
    held.full_name,
    held.category_id,
    held.startdate,
    held.enddate,
    held.visible,
    held.there_before,
    held.asked_by,
    item.attempts,
    item.last_attempt_at
from ops.moodle_courses as held
join ops.outbox as item using (item_id)
where held.item_id = any(:item_ids)
order by held.item_id

-- name: state
-- How an item stands, with why its last attempt came to nothing.
select
    item.status,
    item.explanation,
    held.source_course_id,
    (
        select cause from ops.outbox_attempts
        where item_id = item.item_id
        order by attempt_id desc limit 1
    ) as cause
from ops.outbox as item
join ops.moodle_courses as held using (item_id)
where item.item_id = :item_id

-- name: told
-- What would be sent of an item.
select
    occurrence_code,
    source_course_id as course,
    import_from as template,
    short_name,
    full_name,
    category_id as category,
    to_timestamp(startdate) as starts,
    to_timestamp(nullif(enddate, 0)) as ends,
    visible
from ops.moodle_courses
where item_id = :item_id

-- name: unfilled
-- Courses that were made to be filled from a template, while nobody has it imported yet.
select made.occurrence_code, made.source_course_id, made.import_from, made.asked_by
from ops.moodle_courses as made
join ops.outbox as item using (item_id)
where made.source = :source
and item.kind = :courses
and item.status = 'accepted'
and made.import_from is not null
and not exists (
    select from ops.moodle_courses as filled
    join ops.outbox as import using (item_id)
    where import.kind = :imports
    and filled.source = made.source
    and filled.source_course_id = made.source_course_id
    and filled.import_from = made.import_from
)
order by made.item_id

-- name: unlink
-- A link by hand, undone; it stays on record.
update core.moodle_course_links
set closed_at = clock_timestamp()
where source = :source and occurrence_code = :occurrence_code and closed_at is null
returning source_course_id

-- name: would_change
-- Courses that take over what their occurrence says, with what they would be told.
select
    held.occurrence_code,
    held.source_course_id as course,
    to_timestamp(held.startdate) as starts,
    to_timestamp(nullif(held.enddate, 0)) as ends,
    held.visible
from ops.moodle_courses as held
where held.item_id = any(:item_ids)
order by held.occurrence_code, held.source_course_id
