-- Since the run started from the beginning last: a run that is cleared as a whole asks again.
select step.scope
from ops.run_steps as step
where step.run_id = :run_id
and step.step = :step
and step.problem_code is null
and step.attempt >= (select max(attempt) from ops.run_attempts where run_id = :run_id and from_start)
