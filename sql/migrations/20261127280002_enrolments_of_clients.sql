-- migrate:up

-- Somebody may have enrolments of many years: those of one occurrence are found without the others, and whose an
-- enrolment is without reading it.
create index on core.enrolments (client_code, occurrence_code, enrolment_code);
drop index core.enrolments_client_code_idx;

-- migrate:down
