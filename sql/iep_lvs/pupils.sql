-- name: page
-- Pupils of a school after one of them, each with how many results stand and how many of them have a warning.
select
    pupil_key,
    count(*) as results,
    count(warnings) as warnings
from core.test_result_versions
where brin6 = :brin6
and is_current
and pupil_key > :after
group by pupil_key
order by pupil_key
limit :most

-- name: history
-- Every version of the results of one pupil at a school, the last one of each result first.
select
    result_key,
    version,
    is_current,
    test_code,
    test_part,
    test_name,
    subject,
    taken_on,
    level,
    string_agg(value_type || ' ' || value, ', ' order by value_type) as values,
    warnings,
    created_at,
    recorded_at,
    message_id
from mart.test_result_history
where brin6 = :brin6
and pupil_key = :pupil_key
group by
    result_key, version, is_current, test_code, test_part, test_name, subject, taken_on, level, warnings, created_at,
    recorded_at, message_id
order by taken_on desc, result_key, version desc
limit :most
