select run_id, step, scope, problem_code, problem
from ops.run_step_counts
where run_id = any(:run_ids)
and problem_code is not null
order by finished_at, step, scope
