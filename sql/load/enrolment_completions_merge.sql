insert into core.enrolment_completions (enrolment_code, completed_on, source, run_id)
select enrolment_code, completed_on, :source, :run_id
from staged
order by enrolment_code
on conflict (enrolment_code) do nothing
