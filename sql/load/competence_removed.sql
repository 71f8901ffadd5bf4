select competence_code, client_code
from core.removed_competences
where competence_code = :competence_code
