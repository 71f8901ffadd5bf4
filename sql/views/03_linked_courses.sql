-- Which courses are linked to occurrences: by idnumber, as the site showed it last, or by hand (file or command).
create or replace view core.linked_courses as
select
    courses.source,
    courses.source_course_id,
    named.occurrence_code,
    named.status,
    named.is_listed and named.status <> 'cancelled' as in_force,
    core.is_over(occurrences.status, occurrences.finish_date, sources.late_days, sources.timezone) as over,
    named.is_listed as stands
from core.courses
join core.sources using (source)
cross join lateral core.occurrences_named(courses.idnumber) as named
join core.occurrences using (occurrence_code)
union all
select
    links.source,
    links.source_course_id,
    links.occurrence_code,
    occurrences.status,
    links.closed_at is null and occurrences.closed_at is null and occurrences.status <> 'cancelled' as in_force,
    core.is_over(occurrences.status, occurrences.finish_date, sources.late_days, sources.timezone) as over,
    links.closed_at is null and occurrences.closed_at is null as stands
from (
    select source, source_course_id, occurrence_code, closed_at from core.course_links
    union all
    select source, source_course_id, occurrence_code, null from core.moodle_course_links where closed_at is null
) as links
join core.sources using (source)
join core.occurrences using (occurrence_code);

comment on view core.linked_courses is 'Which courses are linked to which occurrences, by idnumber or by hand; a link that is made both ways is here twice';
comment on column core.linked_courses.source is 'Connected system of the course';
comment on column core.linked_courses.source_course_id is 'Course in that system';
comment on column core.linked_courses.occurrence_code is 'Occurrence that the course is linked to';
comment on column core.linked_courses.status is 'Status of the occurrence: planned, active, finished or cancelled';
comment on column core.linked_courses.in_force is 'Whether the link counts: it was not removed, and the occurrence is listed and not cancelled';
comment on column core.linked_courses.stands is 'Whether the link was not removed and the occurrence is listed, cancelled or not';
comment on column core.linked_courses.over is 'Whether the occurrence is finished and ended so long ago that no result of it comes in any more (late_days of the source)';

-- Which courses count for something by themselves, whatever became of the occurrences they are linked to.
create or replace view core.counted_courses as
select
    source,
    source_course_id,
    bool_or(gives_competence) as gives_competence
from (
    select earning.source, earning.source_course_id, false as gives_competence
    from core.accreditations as earning
    join core.profession_groups as register using (org_id)
    where earning.closed_at is null and register.active and register.closed_at is null
    union all
    select links.source, links.source_course_id, true
    from core.competence_links as links
    join core.competences using (competence_code)
    where links.closed_at is null and competences.closed_at is null
    union all
    -- Of a source that is an integration; others send who completed their courses.
    select integration, course_id, false
    from core.training_parts
    where closed_at is null
) as counted
group by source, source_course_id;

comment on view core.counted_courses is 'Which courses earn points of an active profession group, give a competence that is there, or are the e-learning part of a training';
comment on column core.counted_courses.source is 'Connected system of the course';
comment on column core.counted_courses.source_course_id is 'Course in that system';
comment on column core.counted_courses.gives_competence is 'Whether it gives a competence, else it only earns points or is the part of a training';

-- How often the courses that count for something are asked about: the one place of that rule.
create or replace view core.asked_courses as
select
    wanted.source,
    wanted.source_course_id,
    case
        when courses.source_course_id is null or (courses.gone and not courses.gone_when_asked) then 'gone'
        when not courses.can_be_asked then 'not published'
        when wanted.goes_on or not wanted.linked then 'every night'
        when wanted.counted or not wanted.over then 'every week'
        else 'over'
    end as asked
from (
    select
        source,
        source_course_id,
        bool_or(linked) as linked,
        bool_or(not linked) as counted,
        bool_or(status <> 'finished') as goes_on,
        bool_and(over) as over
    from (
        select source, source_course_id, true as linked, status, over
        from core.linked_courses
        where in_force
        union all
        select source, source_course_id, false, null, null
        from core.counted_courses
    ) as reasons
    group by source, source_course_id
) as wanted
left join core.courses using (source, source_course_id);

comment on view core.asked_courses is 'How often the courses that count for something are asked about';
comment on column core.asked_courses.source is 'Connected system of the course';
comment on column core.asked_courses.source_course_id is 'Course in that system';
comment on column core.asked_courses.asked is 'every night; every week: its occurrences are finished, and results may come late; over: they ended so long ago that none is waited for (late_days of the source); gone or not published: it cannot be asked';
