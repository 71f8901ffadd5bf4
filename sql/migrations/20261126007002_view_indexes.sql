-- migrate:up

-- What the views are asked for: one person by mail address or number, the newest runs, what is open.
create index on core.clients (email);
create index on ops.runs (started_at);
create index on ops.pe_attendance (client_code);
create index on ops.pe_attendance (relation_number);
create index on core.course_completions (client_code);

-- migrate:down
