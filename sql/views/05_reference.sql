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
