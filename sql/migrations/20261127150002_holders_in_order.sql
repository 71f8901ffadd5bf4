-- migrate:up
-- Who holds a competence, in the order of their codes.
create index earned_competences_holders on core.earned_competences (competence_code, client_code, valid_from);
drop index core.earned_competences_competence_code_idx;

-- migrate:down
