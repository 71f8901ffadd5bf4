-- migrate:up

create table core.course_link_history (
    source text not null references core.sources,
    source_course_id text not null,
    occurrence_code text not null references core.occurrences,
    first_found_at timestamptz not null default clock_timestamp(),
    primary key (source, source_course_id, occurrence_code)
);
create index on core.course_link_history (occurrence_code);
comment on table core.course_link_history is 'Which course was ever linked to which occurrence, by idnumber or by hand: a link that is not seen now may be hidden or renamed, so that the course is not taken for a free one';

insert into core.course_link_history (source, source_course_id, occurrence_code)
select source, source_course_id, occurrence_code
from core.course_links
union
select courses.source, courses.source_course_id, occurrences.occurrence_code
from core.courses
join core.occurrences on occurrences.occurrence_code = btrim(courses.idnumber);

-- migrate:down
