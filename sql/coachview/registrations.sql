-- name: attempts
select
    integration,
    request_code,
    part_code,
    completion_id,
    completed_on,
    grade,
    grade_registered,
    outcome,
    recorded_at
from mart.registration_attempts
where (cast(:integration as text) is null or integration = :integration)
and (cast(:request_code as text) is null or request_code = :request_code)
order by recorded_at desc, completion_id desc, request_code, part_code
limit :most

-- name: list
select
    integration,
    request_code,
    part_code,
    result,
    presence,
    passed,
    finished,
    approved,
    approved_on,
    later_attempts,
    registered_at
from mart.registrations
where (cast(:integration as text) is null or integration = :integration)
and (cast(:request_code as text) is null or request_code = :request_code)
order by registered_at desc, request_code, part_code
limit :most
