delete from ops.run_steps where run_id = :run_id
