insert into core.earned_competences
(client_code, competence_code, valid_from, valid_to, source, source_course_id, run_id)
select client_code, competence_code, valid_from, valid_to, source, source_course_id, :run_id
from staged
order by client_code, valid_from
on conflict (client_code, competence_code, valid_from) do nothing
