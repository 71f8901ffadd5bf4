select competence_code, client_code
from core.revoked_competences
where competence_code = :competence_code
