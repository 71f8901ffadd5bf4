-- migrate:up

-- What a course was derived from is kept fact by fact, so that a change reaches those who depend on that fact: of the
-- hashes that were kept before nobody can tell which, and their courses are derived once more.
alter table ops.derived_courses
alter column facts drop not null,
alter column facts type jsonb using null;
comment on column ops.derived_courses.facts is 'What the administration says of the course itself, fact by fact; empty: not known, so that all of it is derived';

-- migrate:down
