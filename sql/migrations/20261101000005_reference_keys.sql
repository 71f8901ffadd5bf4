-- migrate:up

-- An occurrence is linked to one course of a source: the key of course_links.csv.
alter table core.course_links drop constraint course_links_pkey, add primary key (occurrence_code, source);

-- migrate:down
