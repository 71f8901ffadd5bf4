-- migrate:up

-- Each poll of a course looks for the occurrences that its idnumber names.
create index on core.occurrences (core.folded(occurrence_code));

-- migrate:down
