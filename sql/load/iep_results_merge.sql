-- Every message says what a result was at its time of creation. Of equal neighbours in time only the first and the last
-- are kept, so that the same messages in any order leave the same rows, and a message that was taken before adds none.
with known as (
    select source, brin6, result_key, created_at, message_id, content, true as is_new
    from staged
    union all
    select held.source, held.brin6, held.result_key, held.created_at, held.message_id, held.content, false
    from core.test_result_versions as held
    where (held.source, held.brin6, held.result_key) in (select source, brin6, result_key from staged)
    and not exists (
        select from staged
        where (staged.source, staged.brin6, staged.result_key, staged.created_at, staged.message_id)
        = (held.source, held.brin6, held.result_key, held.created_at, held.message_id)
    )
),

placed as (
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
        bool_or(not is_new) over (partition by source, brin6, result_key, run) as is_held
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
        year_group, subject, taken_on, school_year, level, warnings, measures, staged.content, run_id
    from staged
    join placed using (source, brin6, result_key, created_at, message_id)
    where placed.is_new
    and not (placed.same_before and placed.same_after)
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
and not runs.is_held
group by written.message_id
