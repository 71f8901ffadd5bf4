-- migrate:up

-- A page shows the enrolments of one occurrence in order.
create index on ops.moodle_enrolments (occurrence_code, enrolment_code);

-- migrate:down
