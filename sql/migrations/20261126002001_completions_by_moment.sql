-- migrate:up

-- A course that was reset can be completed again (yearly certificates): each completion is a row of its own.
alter table core.course_completions
drop constraint course_completions_pkey,
add primary key (source, source_course_id, client_code, completed_at);
comment on table core.course_completions is 'Who completed which course, when, once for each time; once recorded it stands';

-- migrate:down
