select scope from ops.run_steps where run_id = :run_id and step = :step and problem_code is null
