create or replace view mart.people as
select
    client_code,
    external_id,
    username,
    given_name,
    other_name,
    surname,
    email,
    archived,
    closed_at is null as listed
from core.clients;

comment on view mart.people is 'People of the administration: the names behind client_code of the other views (pupil_key in those of test results)';
comment on column mart.people.client_code is 'The person, as the administration names the client';
comment on column mart.people.external_id is 'Number of the person in another system of the administration';
comment on column mart.people.username is 'User name';
comment on column mart.people.given_name is 'Given name';
comment on column mart.people.other_name is 'Middle or other name';
comment on column mart.people.surname is 'Surname';
comment on column mart.people.email is 'E-mail address';
comment on column mart.people.archived is 'Whether the administration has archived the person';
comment on column mart.people.listed is 'Whether the administration still lists the person; what was recorded of others stays';

create or replace view mart.occurrences as
select
    occurrence_code,
    name as occurrence_name,
    start_date,
    finish_date,
    status,
    closed_at is null as listed
from core.occurrences;

comment on view mart.occurrences is 'Course runs of the administration: the names behind occurrence_code of the other views';
comment on column mart.occurrences.occurrence_code is 'Course run of the administration';
comment on column mart.occurrences.occurrence_name is 'Its name';
comment on column mart.occurrences.start_date is 'First day';
comment on column mart.occurrences.finish_date is 'Last day';
comment on column mart.occurrences.status is 'planned, active, finished or cancelled';
comment on column mart.occurrences.listed is 'Whether the administration still lists it';

create or replace view mart.units as
select
    unit_code,
    kind,
    name as unit_name,
    closed_at is null as listed
from core.units;

comment on view mart.units is 'Units and tasks that learners are resulted for: the names behind unit_code of the other views';
comment on column mart.units.unit_code is 'Unit or task';
comment on column mart.units.kind is 'unit or task';
comment on column mart.units.unit_name is 'Its name';
comment on column mart.units.listed is 'Whether the administration still lists it';

create or replace view mart.activities as
select
    activities.source,
    activities.source_course_id,
    courses.name as course_name,
    activities.activity_id,
    activities.name as activity_name,
    activities.module as activity_type,
    activities.grade_pass as pass_grade,
    activities.mappable as can_be_mapped,
    linked.units is not null as mapped,
    linked.units
from core.activities
left join core.courses using (source, source_course_id)
cross join lateral (
    select string_agg(links.occurrence_code || '/' || links.unit_code, ', ' order by links.occurrence_code, links.unit_code) as units
    from core.activity_links as links
    where links.source = activities.source
    and links.activity_id = activities.activity_id
    and links.closed_at is null
) as linked
where not activities.gone;

comment on view mart.activities is 'Activities of courses, to be mapped to units and tasks (activity_links.csv): those with grades as of the last night, all of a course after `etl moodle activities SOURCE COURSE`';
comment on column mart.activities.source is 'Connected system';
comment on column mart.activities.source_course_id is 'Course in that system';
comment on column mart.activities.course_name is 'Course as that system names it';
comment on column mart.activities.activity_id is 'Activity, by the number that Moodle shows in its address (cmid)';
comment on column mart.activities.activity_name is 'Name of the activity';
comment on column mart.activities.activity_type is 'Type, as Moodle names the module: quiz, assign, scorm ...';
comment on column mart.activities.pass_grade is 'Grade to pass, 0 = none; empty: not read yet (the night reads it of mapped activities only) or not readable';
comment on column mart.activities.can_be_mapped is 'Whether units and tasks can be mapped to an activity of this type';
comment on column mart.activities.mapped is 'Whether a unit or task is mapped to it';
comment on column mart.activities.units is 'Which, as occurrence/unit; empty where none is';
