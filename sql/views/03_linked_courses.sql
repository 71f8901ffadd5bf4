-- Which courses are linked to occurrences: by idnumber, as the site showed it last, or by hand.
create or replace view core.linked_courses as
select
    courses.source,
    courses.source_course_id,
    named.occurrence_code,
    named.status,
    named.is_listed and named.status <> 'cancelled' as in_force
from core.courses
cross join lateral core.occurrences_named(courses.idnumber) as named
union all
select
    links.source,
    links.source_course_id,
    links.occurrence_code,
    occurrences.status,
    links.closed_at is null and occurrences.closed_at is null and occurrences.status <> 'cancelled' as in_force
from core.course_links as links
join core.occurrences using (occurrence_code);

comment on view core.linked_courses is 'Which courses are linked to which occurrences, by idnumber or by hand; a link that is made both ways is here twice';
comment on column core.linked_courses.source is 'Connected system of the course';
comment on column core.linked_courses.source_course_id is 'Course in that system';
comment on column core.linked_courses.occurrence_code is 'Occurrence that the course is linked to';
comment on column core.linked_courses.status is 'Status of the occurrence: planned, active, finished or cancelled';
comment on column core.linked_courses.in_force is 'Whether the link counts: it was not removed, and the occurrence is listed and not cancelled';

-- Which courses count for something by themselves, whatever became of the occurrences they are linked to.
create or replace view core.counted_courses as
select
    source,
    source_course_id,
    bool_or(gives_competence) as gives_competence
from (
    select source, source_course_id, false as gives_competence
    from core.accreditations
    where closed_at is null
    union all
    select source, source_course_id, true
    from core.competence_links
    where closed_at is null
    union all
    -- Of a source that is an integration; others send who completed their courses.
    select integration, course_id, false
    from core.training_parts
    where closed_at is null
) as counted
group by source, source_course_id;

comment on view core.counted_courses is 'Which courses earn accreditation points, give a competence, or are the e-learning part of a training';
comment on column core.counted_courses.source is 'Connected system of the course';
comment on column core.counted_courses.source_course_id is 'Course in that system';
comment on column core.counted_courses.gives_competence is 'Whether it gives a competence, else it only earns points or is the part of a training';
