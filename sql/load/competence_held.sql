-- What people have already: earned, or recorded by the administration (recorded_at is empty), also when it was
-- revoked or has ended.
select client_code, competence_code, valid_from, valid_to, recorded_at
from core.earned_competences
where competence_code = :competence_code
union all
select client_code, competence_code, valid_from, valid_to, null
from core.recorded_competences
where competence_code = :competence_code
and closed_at is null
