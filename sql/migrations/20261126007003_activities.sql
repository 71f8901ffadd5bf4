-- migrate:up

create table core.activities (
    source text not null references core.sources,
    source_course_id text not null,
    activity_id text not null,
    name text not null,
    module text not null,
    mappable boolean not null,
    grade_pass double precision,
    gone boolean not null default false,
    primary key (source, activity_id)
);
create index on core.activities (source, source_course_id);
create index on core.activity_links (source, activity_id);
comment on table core.activities is 'Activities of courses as their source names them: those with grades by the night, all of a course when a person asks for them';

-- migrate:down
