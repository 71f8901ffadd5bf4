insert into ops.competence_decisions
(decision, competence_code, client_code, source, source_course_id, decided_by, reason)
values (:decision, :competence_code, :client_code, :source, :source_course_id, :decided_by, :reason)
