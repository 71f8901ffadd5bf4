-- Did this run hear a moment ago that the service refuses the account?
select 1 as refused
from ops.run_steps
where run_id = :run_id
and step = 'account'
and scope = :connection_id
and problem_code = 'account_refused'
and finished_at > clock_timestamp() - make_interval(secs => :seconds)
