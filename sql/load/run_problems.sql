select step, scope, problem_code, problem
from ops.run_steps
where run_id = :run_id and problem_code is not null
order by finished_at
