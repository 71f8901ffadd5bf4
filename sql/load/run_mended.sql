update ops.run_steps
set problem_code = null, problem = null
where run_id = :run_id and step = :step and scope = :scope
