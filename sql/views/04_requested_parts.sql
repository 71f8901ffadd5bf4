-- Whose completions an integration tells of: persons by the number that it uses, or, where the warehouse matches the
-- learners of a source itself, by client. Each branch by itself, so that a number reaches its index.
create or replace view core.requested_by as
select integrations.integration, requests.person_id as person, requests.request_code, requests.training_code, requests.status
from core.integrations
join core.training_requests as requests
    on integrations.person_scheme = 'person' and requests.person_id is not null
where requests.closed_at is null
and integrations.integration not in (select source from core.sources)
union all
select integrations.integration, requests.external_id, requests.request_code, requests.training_code, requests.status
from core.integrations
join core.training_requests as requests
    on integrations.person_scheme = 'external' and requests.external_id is not null
where requests.closed_at is null
and integrations.integration not in (select source from core.sources)
union all
select integrations.integration, requests.client_code, requests.request_code, requests.training_code, requests.status
from core.integrations
join core.training_requests as requests on requests.client_code is not null
where requests.closed_at is null
and integrations.integration in (select source from core.sources);

comment on view core.requested_by is 'The persons of training requests, by the number that each integration uses';
comment on column core.requested_by.integration is 'Integration';
comment on column core.requested_by.person is 'Number of the person there; the client, of a source whose learners are matched here';
comment on column core.requested_by.request_code is 'Request of this person';
comment on column core.requested_by.training_code is 'Training that is asked for';
comment on column core.requested_by.status is 'open, finished or cancelled';

create or replace view core.requested_parts as
select
    requested.integration,
    requested.person,
    parts.course_id,
    requested.request_code,
    parts.part_code,
    requested.status = 'open' and not coalesce(held.finished or held.approved, false) as is_open,
    held.result as holds
from core.requested_by as requested
join core.training_parts as parts
    on parts.training_code = requested.training_code
    and parts.integration = requested.integration
    and parts.closed_at is null
left join core.training_request_parts as held
    on held.request_code = requested.request_code
    and held.part_code = parts.part_code
    and held.closed_at is null
where requested.status <> 'cancelled';

comment on view core.requested_parts is 'Which parts of requests a completed course counts for: what an integration can tell of a person';
comment on column core.requested_parts.integration is 'Integration';
comment on column core.requested_parts.person is 'Number of the person there; the client, of a source whose learners are matched here';
comment on column core.requested_parts.course_id is 'Course there';
comment on column core.requested_parts.request_code is 'Request of this person';
comment on column core.requested_parts.part_code is 'Part of its training that is this course';
comment on column core.requested_parts.is_open is 'Whether something may be registered: the request is open, and the administration has neither finished nor approved the part itself';
comment on column core.requested_parts.holds is 'Result of the part that the administration holds already';
