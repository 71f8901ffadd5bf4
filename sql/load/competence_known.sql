select
    exists (select from core.competences where competence_code = :competence_code) as competence,
    :client_code is null or exists (select from core.clients where client_code = :client_code) as client
