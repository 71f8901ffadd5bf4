-- migrate:up
-- What is sent of one enrolment is found without the others of its course.
create index on ops.moodle_enrolments (source, enrolment_code, source_course_id);
drop index ops.moodle_enrolments_source_enrolment_code_idx;

-- migrate:down
