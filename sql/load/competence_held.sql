-- What people have already: earned or recorded by the administration, also when it was revoked or has ended.
select client_code, competence_code, valid_from, valid_to
from core.earned_competences
where competence_code = :competence_code
union all
select client_code, competence_code, valid_from, valid_to
from core.recorded_competences
where competence_code = :competence_code
and closed_at is null
