-- name: versions
-- Every version of a result, newest first.
select
    held.version,
    held.is_current as stands,
    held.pupil_key as client_code,
    coalesce(held.test_name, held.test_code) as test,
    held.test_part,
    held.subject,
    held.taken_on,
    held.level,
    (
        select string_agg(measure.value_type || ' ' || measure.value, ', ' order by measure.value_type)
        from jsonb_to_recordset(held.measures) as measure (value_type text, value text)
    ) as "values",
    replace(held.warnings, '_', ' ') as warnings,
    held.created_at as said_at,
    held.recorded_at,
    held.message_id,
    held.run_id
from core.school_links as links
join core.test_result_versions as held using (source, brin6)
where links.brin6 = :brin6
and held.result_key = :result_key
and held.version is not null
order by held.version desc
