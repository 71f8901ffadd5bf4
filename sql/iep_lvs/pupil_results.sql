-- name: known
-- What is staged, and what is recorded of the same results: merge and split place the one among the other.
drop table if exists known;

create temporary table known on commit drop as
select
    staged.source,
    staged.brin6,
    staged.result_key,
    staged.created_at,
    staged.message_id,
    staged.content,
    true as is_staged,
    held.message_id is not null as is_held
from staged
left join core.test_result_versions as held using (source, brin6, result_key, created_at, message_id)
union all
select held.source, held.brin6, held.result_key, held.created_at, held.message_id, held.content, false, true
from core.test_result_versions as held
where (held.source, held.brin6, held.result_key) in (select source, brin6, result_key from staged)
and not exists (
    select from staged
    where (staged.source, staged.brin6, staged.result_key, staged.created_at, staged.message_id)
    = (held.source, held.brin6, held.result_key, held.created_at, held.message_id)
)

-- name: merge
-- Every message says what a result was at its time of creation. Of equal neighbours in time only the first and the last
-- are kept, so that the same messages in any order leave the same rows, and a message that was taken before adds none.
with placed as (
    select
        *,
        coalesce(content = lag(content) over by_time, false) as same_before,
        coalesce(content = lead(content) over by_time, false) as same_after
    from known
    window by_time as (partition by source, brin6, result_key order by created_at, message_id)
),

runs as (
    select
        *,
        bool_or(not is_staged) over (partition by source, brin6, result_key, run) as was_said
    from (
        select
            *,
            count(*) filter (where not same_before)
                over (partition by source, brin6, result_key order by created_at, message_id) as run
        from placed
    ) as numbered
),

needless as (
    delete from core.test_result_versions as held
    using placed
    where placed.same_before
    and placed.same_after
    and (placed.source, placed.brin6, placed.result_key, placed.created_at, placed.message_id)
    = (held.source, held.brin6, held.result_key, held.created_at, held.message_id)
),

written as (
    insert into core.test_result_versions (
        source, brin6, result_key, created_at, message_id, pupil_key, test_code, test_part, test_name, test_version,
        year_group, subject, taken_on, school_year, level, warnings, measures, content, run_id
    )
    select
        source, brin6, result_key, created_at, message_id, pupil_key, test_code, test_part, test_name, test_version,
        year_group, subject, taken_on, school_year, level, warnings, measures, content, run_id
    from staged
    where not exists (
        select from placed
        where placed.same_before
        and placed.same_after
        and (placed.source, placed.brin6, placed.result_key, placed.created_at, placed.message_id)
        = (staged.source, staged.brin6, staged.result_key, staged.created_at, staged.message_id)
    )
    on conflict (source, brin6, result_key, created_at, message_id) do update set
        pupil_key = excluded.pupil_key,
        test_code = excluded.test_code,
        test_part = excluded.test_part,
        test_name = excluded.test_name,
        test_version = excluded.test_version,
        year_group = excluded.year_group,
        subject = excluded.subject,
        taken_on = excluded.taken_on,
        school_year = excluded.school_year,
        level = excluded.level,
        warnings = excluded.warnings,
        measures = excluded.measures,
        content = excluded.content,
        run_id = excluded.run_id,
        recorded_at = clock_timestamp()
    where test_result_versions.content <> excluded.content
    returning source, brin6, result_key, created_at, message_id
)

-- What counts as written is a new state of a result, and not that it was said again.
select
    written.message_id,
    count(*) as written
from written
join runs using (source, brin6, result_key, created_at, message_id)
where not runs.same_before
and not runs.was_said
group by written.message_id

-- name: number_versions
-- Number the versions of the results that were staged: the first to say something else is a new one, the last one counts.
-- What was said once is the first version and counts, as the columns have it by themselves.
with compared as (
    select
        source,
        brin6,
        result_key,
        created_at,
        message_id,
        content is distinct from lag(content) over by_time as is_new
    from core.test_result_versions
    where (source, brin6, result_key) in (
        select source, brin6, result_key
        from known
        group by source, brin6, result_key
        having count(*) > 1
    )
    window by_time as (partition by source, brin6, result_key order by created_at, message_id)
),

numbered as (
    select
        *,
        case when is_new then count(*) filter (where is_new) over by_time end as version,
        count(*) filter (where is_new) over (partition by source, brin6, result_key) as versions
    from compared
    window by_time as (partition by source, brin6, result_key order by created_at, message_id)
)

update core.test_result_versions as held
set version = numbered.version, is_current = coalesce(numbered.version = numbered.versions, false)
from numbered
where (held.source, held.brin6, held.result_key, held.created_at, held.message_id)
= (numbered.source, numbered.brin6, numbered.result_key, numbered.created_at, numbered.message_id)
and (held.version, held.is_current)
is distinct from (numbered.version, coalesce(numbered.version = numbered.versions, false))

-- name: split
-- Where what is staged for the first time parts two neighbours that say the same: messages between them said so too, and
-- were not kept. They have to be read again, since now they say something new.
with placed as (
    select
        *,
        is_staged and not is_held as is_added,
        count(*) filter (where is_held)
            over (partition by source, brin6, result_key order by created_at, message_id) as place
    from known
)

select distinct
    added.brin6,
    earlier.created_at as first,
    later.created_at as last
from placed as added
join placed as earlier
    on (earlier.source, earlier.brin6, earlier.result_key, earlier.place)
    = (added.source, added.brin6, added.result_key, added.place)
    and not earlier.is_added
join placed as later
    on (later.source, later.brin6, later.result_key, later.place)
    = (added.source, added.brin6, added.result_key, added.place + 1)
    and not later.is_added
where added.is_added
and earlier.content = later.content
and added.content <> earlier.content

-- name: standing
-- How many staged results stand in the table, by message: as they are, or between two neighbours that say the same.
select
    staged.message_id,
    count(*) as standing
from staged
left join core.test_result_versions as held
    on (held.source, held.brin6, held.result_key, held.created_at, held.message_id)
    = (staged.source, staged.brin6, staged.result_key, staged.created_at, staged.message_id)
where held.content = staged.content
or (
    held.message_id is null
    and staged.content = (
        select earlier.content
        from core.test_result_versions as earlier
        where (earlier.source, earlier.brin6, earlier.result_key)
        = (staged.source, staged.brin6, staged.result_key)
        and (earlier.created_at, earlier.message_id) < (staged.created_at, staged.message_id)
        order by earlier.created_at desc, earlier.message_id desc
        limit 1
    )
    and staged.content = (
        select later.content
        from core.test_result_versions as later
        where (later.source, later.brin6, later.result_key)
        = (staged.source, staged.brin6, staged.result_key)
        and (later.created_at, later.message_id) > (staged.created_at, staged.message_id)
        order by later.created_at, later.message_id
        limit 1
    )
)
group by staged.message_id
