-- A closed run goes on; returns nothing where it is open already.
update ops.runs
set status = 'running', finished_at = null
where run_id = :run_id and status <> 'running'
returning run_id
