-- migrate:up
-- What is sent of one enrolment, and whose account it is, is found without those of the whole course and site.
create index on ops.moodle_enrolments (source, enrolment_code, source_course_id);
drop index ops.moodle_enrolments_source_enrolment_code_idx;
create index on core.moodle_accounts (client_code);

-- migrate:down
