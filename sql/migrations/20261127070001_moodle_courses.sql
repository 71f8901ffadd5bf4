-- migrate:up

create table core.moodle_course_links (
    source text not null references core.sources,
    occurrence_code text not null references core.occurrences,
    source_course_id text not null,
    linked_by text not null,
    linked_at timestamptz not null default clock_timestamp(),
    closed_at timestamptz,
    primary key (source, occurrence_code, linked_at)
);
create unique index on core.moodle_course_links (source, occurrence_code) where closed_at is null;
comment on table core.moodle_course_links is 'Courses of Moodle that a person linked to an occurrence by a command, or had made for it; no file states them, so that an import leaves them alone';
comment on column core.moodle_course_links.source is 'The site';
comment on column core.moodle_course_links.occurrence_code is 'The occurrence';
comment on column core.moodle_course_links.source_course_id is 'The course, by its number in Moodle';
comment on column core.moodle_course_links.linked_by is 'Who linked it';
comment on column core.moodle_course_links.linked_at is 'When';
comment on column core.moodle_course_links.closed_at is 'When another course took its place';
call ops.watch_reference('core.moodle_course_links');

create table ops.moodle_courses (
    item_id bigint primary key references ops.outbox,
    source text not null,
    occurrence_code text not null,
    source_course_id text,
    import_from text,
    short_name text,
    full_name text,
    category_id text,
    startdate bigint,
    enddate bigint,
    visible boolean,
    there_before text [],
    asked_by text
);
create index on ops.moodle_courses (source, source_course_id);
comment on table ops.moodle_courses is 'Items of ops.outbox for courses of Moodle: one that is made, the content of a template that is brought into one, or dates and visibility that one takes over';
comment on column ops.moodle_courses.item_id is 'The item';
comment on column ops.moodle_courses.source is 'The site';
comment on column ops.moodle_courses.occurrence_code is 'The occurrence that the course belongs to';
comment on column ops.moodle_courses.source_course_id is 'The course, by its number in Moodle; of a new one once it is made';
comment on column ops.moodle_courses.import_from is 'The template, by its number in Moodle';
comment on column ops.moodle_courses.short_name is 'Short name of a new course';
comment on column ops.moodle_courses.full_name is 'Full name of a new course';
comment on column ops.moodle_courses.category_id is 'Category of a new course, by its number in Moodle';
comment on column ops.moodle_courses.startdate is 'Start of the course, epoch seconds; empty: left as it is';
comment on column ops.moodle_courses.enddate is 'End of the course, epoch seconds; 0: none';
comment on column ops.moodle_courses.visible is 'Whether the course is shown';
comment on column ops.moodle_courses.there_before is 'The activities (cmid) that were in the course before an import, by which one whose answer was lost is told';
comment on column ops.moodle_courses.asked_by is 'Who had it made or imported; empty: the course follows its occurrence';

-- migrate:down
