-- migrate:up

-- A page shows all that is kept of one person.
create index on ops.moodle_enrolments (client_code);

-- migrate:down
