-- What Coachview states of the reference files, from its rows as they were read last. All as text, as files hold it.

-- name: trainings
-- Those that have an e-learning part.
select rows.id as training_code, rows.fields ->> 'name' as name
from raw.coachview_rows as rows
where rows.entity = 'Opleidingen'
and rows.gone_at is null
and rows.id in (
    select part.fields ->> 'training_code'
    from raw.coachview_rows as part
    where part.entity = 'Opleidingsonderdelen'
    and part.gone_at is null
    and coalesce(btrim(part.fields ->> 'course_id'), '') <> ''
)
order by rows.id

-- name: training_parts
-- The e-learning parts; environment: of which e-learning system, as Coachview numbers them.
select
    rows.id as part_code,
    rows.fields ->> 'training_code' as training_code,
    rows.fields ->> 'name' as name,
    rows.fields ->> 'environment' as environment,
    btrim(rows.fields ->> 'course_id') as course_id
from raw.coachview_rows as rows
where rows.entity = 'Opleidingsonderdelen'
and rows.gone_at is null
and coalesce(btrim(rows.fields ->> 'course_id'), '') <> ''
order by rows.id

-- name: training_requests
-- Requests of trainings that have an e-learning part; the client is the one whose code or external ID is the person's.
select
    rows.id as request_code,
    rows.fields ->> 'training_code' as training_code,
    rows.fields ->> 'person_id' as person_id,
    nullif(btrim(person.fields ->> 'external_id'), '') as external_id,
    coalesce(by_code.client_code, by_external_id.client_code) as client_code,
    rows.fields ->> 'status' as status
from raw.coachview_rows as rows
left join raw.coachview_rows as person
    on person.entity = 'Personen' and person.id = rows.fields ->> 'person_id' and person.gone_at is null
left join core.clients as by_code
    on by_code.client_code = rows.fields ->> 'person_id' and by_code.closed_at is null
left join lateral (
    select min(clients.client_code) as client_code
    from core.clients
    where clients.external_id = nullif(btrim(person.fields ->> 'external_id'), '') and clients.closed_at is null
    having count(*) = 1
) as by_external_id on true
where rows.entity = 'Opleidingsvragen'
and rows.gone_at is null
and rows.fields ->> 'training_code' in (
    select part.fields ->> 'training_code'
    from raw.coachview_rows as part
    where part.entity = 'Opleidingsonderdelen'
    and part.gone_at is null
    and coalesce(btrim(part.fields ->> 'course_id'), '') <> ''
)
order by rows.id

-- name: training_request_parts
-- What Coachview holds of e-learning parts already. A result in words says nothing where the part is finished or approved:
-- nothing is registered on it any more.
select
    held.request_code,
    held.part_code,
    case
        when held.result ~ '^-?[0-9]+([.][0-9]+)?$' or 'true' not in (held.finished, held.approved) then held.result
    end as result,
    held.finished,
    held.approved,
    case when held.approved = 'true' then held.approved_on end as approved_on
from (
    select
        rows.fields ->> 'request_code' as request_code,
        rows.fields ->> 'part_code' as part_code,
        nullif(btrim(replace(rows.fields ->> 'result', ',', '.')), '') as result,
        coalesce(rows.fields ->> 'finished', 'false') as finished,
        coalesce(rows.fields ->> 'approved', 'false') as approved,
        left(rows.fields ->> 'approved_on', 10) as approved_on
    from raw.coachview_rows as rows
    where rows.entity = 'Opleidingsonderdeeluitvoeringen' and rows.gone_at is null
) as held
where held.result is not null or held.finished <> 'false' or held.approved <> 'false'
order by held.request_code, held.part_code

-- name: clients
-- Persons who asked for a training with an e-learning part.
select
    rows.id as client_code,
    nullif(btrim(rows.fields ->> 'external_id'), '') as external_id,
    rows.fields ->> 'given_name' as given_name,
    nullif(concat_ws(' ', nullif(btrim(rows.fields ->> 'prefix'), ''), rows.fields ->> 'surname'), '') as surname,
    rows.fields ->> 'email' as email
from raw.coachview_rows as rows
where rows.entity = 'Personen'
and rows.gone_at is null
and rows.id in (
    select request.fields ->> 'person_id'
    from raw.coachview_rows as request
    where request.entity = 'Opleidingsvragen' and request.gone_at is null
)
order by rows.id
