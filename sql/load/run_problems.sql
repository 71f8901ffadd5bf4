select step, scope, problem_code, problem
from ops.run_steps
where run_id = :run_id
and problem_code is not null
and attempt >= (select max(attempt) from ops.run_attempts where run_id = :run_id and from_start)
order by finished_at
