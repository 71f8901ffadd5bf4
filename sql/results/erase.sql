-- name: begin
-- Again, where somebody was looked at before in the transaction.
drop table if exists pg_temp.person_ids;

create temporary table person_ids (
    kind text not null,
    place text not null,
    value text not null,
    number bigint generated always as (case when value ~ '^[0-9]{1,18}$' then cast(value as bigint) end) stored,
    primary key (kind, place, value)
) on commit drop

-- name: gather
-- What the person is known by, and the numbers of what is kept of the person where another table needs them.
-- A number or address that another client has too says nothing of the person. Said again, it adds what came in since.
insert into person_ids (kind, place, value)
select 'client', '', client_code
from core.clients
where client_code = :client_code
on conflict do nothing;

insert into person_ids (kind, place, value)
select 'enrolment', '', enrolment_code
from core.enrolments
where client_code = :client_code
on conflict do nothing;

insert into person_ids (kind, place, value)
select 'number', theirs.scheme, theirs.value
from core.client_numbers as theirs
where theirs.client_code = :client_code
and not exists (
    select from core.client_numbers as others
    where others.scheme = theirs.scheme
    and others.value = theirs.value
    and others.client_code <> theirs.client_code
    and others.closed_at is null
)
on conflict do nothing;

insert into person_ids (kind, place, value)
select 'email', '', lower(theirs.email)
from core.clients as theirs
where theirs.client_code = :client_code
and theirs.email <> ''
and not exists (
    select from core.clients as others
    where lower(others.email) = lower(theirs.email)
    and others.client_code <> theirs.client_code
    and others.closed_at is null
)
on conflict do nothing;

insert into person_ids (kind, place, value)
select 'external', '', theirs.external_id
from core.clients as theirs
where theirs.client_code = :client_code
and theirs.external_id <> ''
and not exists (
    select from core.clients as others
    where others.external_id = theirs.external_id
    and others.client_code <> theirs.client_code
    and others.closed_at is null
)
on conflict do nothing;

-- Accounts of sources.
insert into person_ids (kind, place, value)
select 'client', sources.source, :client_code
from core.sources
where sources.match_code
and exists (select from core.clients where client_code = :client_code)
on conflict do nothing;

insert into person_ids (kind, place, value)
select 'email', sources.source, ids.value
from core.sources
join person_ids as ids on ids.kind = 'email' and ids.place = ''
where sources.match_fields = 'email' or sources.system = any(cast(:by_email as text []))
on conflict do nothing;

insert into person_ids (kind, place, value)
select 'account', sources.source, ids.value
from core.sources
join person_ids as ids on ids.kind = 'number' and ids.place = sources.system || ':' || sources.source
union
select accounts.kind, accounts.source, accounts.user_id
from (
    select 'account', source, user_id from core.moodle_accounts where client_code = :client_code
    union
    select 'account', source, cast(user_id as text) from ops.derived_learners where client_code = :client_code
    union
    select 'account', shown.source, cast(shown.user_id as text)
    from core.site_accounts as shown
    join person_ids as ids
        on ids.place = shown.source
        and (
            (ids.kind = 'client' and ids.value = shown.idnumber)
            or (ids.kind = 'email' and ids.value = lower(shown.email))
        )
) as accounts (kind, source, user_id)
on conflict do nothing;

-- Requests of trainings, and under which number integrations know the person.
insert into person_ids (kind, place, value)
select 'request', '', request_code
from core.training_requests
where client_code = :client_code
or external_id = any(array(select value from person_ids where kind = 'external'))
on conflict do nothing;

insert into person_ids (kind, place, value)
select 'person', '', person_id
from core.training_requests
where request_code in (select value from person_ids where kind = 'request')
and person_id <> ''
union
select 'external', '', external_id
from core.training_requests
where request_code in (select value from person_ids where kind = 'request')
and external_id <> ''
on conflict do nothing;

insert into person_ids (kind, place, value)
select 'person', integrations.integration, ids.value
from core.integrations
join person_ids as ids
    on ids.place = ''
    and ids.kind = case
        when integrations.integration in (select source from core.sources) then 'client'
        when integrations.person_scheme = 'external' then 'external'
        else 'person'
    end
on conflict do nothing;

insert into person_ids (kind, place, value)
select 'account', reported.integration, reported.user_id
from core.ilias_reported as reported
join person_ids as ids
    on ids.kind = 'person' and ids.place = reported.integration and ids.value = reported.person_id
union
select 'account', users.integration, users.user_id
from core.ilias_users as users
join person_ids as ids
    on ids.kind = 'person'
    and ids.place = users.integration
    and ids.value in (users.matriculation, users.external_account)
on conflict do nothing;

-- Rows that others refer to by number.
insert into person_ids (kind, place, value)
select 'completion', '', cast(said.completion_id as text)
from core.reported_completions as said
join person_ids as ids on ids.kind = 'person' and ids.place = said.integration and ids.value = said.person_id
on conflict do nothing;

insert into person_ids (kind, place, value)
select 'message', '', cast(said.message_id as text)
from core.completion_messages as said
join person_ids as ids on ids.kind = 'person' and ids.place = said.integration and ids.value = said.person_id
union
select 'message', '', cast(said.message_id as text)
from core.reported_completions as said
join person_ids as ids on ids.kind = 'completion' and ids.number = said.completion_id
where said.message_id is not null
on conflict do nothing;

insert into person_ids (kind, place, value)
select 'item', '', cast(item_id as text)
from (
    select item_id from ops.pe_attendance where client_code = :client_code
    union
    select item_id from ops.moodle_people where client_code = :client_code
    union
    select item_id from ops.moodle_enrolments where client_code = :client_code
    union
    select items.item_id
    from core.sources
    join ops.moodle_enrolments as items using (source)
    where items.enrolment_code = any(array(select value from person_ids where kind = 'enrolment'))
    union
    select item_id
    from ops.coachview_results
    where request_code = any(array(select value from person_ids where kind = 'request'))
    union
    select item_id
    from ops.coachview_results
    where completion_id = any(array(select number from person_ids where kind = 'completion'))
) as items
on conflict do nothing;

insert into person_ids (kind, place, value)
select distinct 'result', brin6, brin6 || '/' || result_key
from core.test_result_versions
where pupil_key = :client_code
on conflict do nothing;

insert into person_ids (kind, place, value)
select 'row', rows.entity, rows.id
from raw.coachview_rows as rows
where rows.fields ->> 'person_id' in (select value from person_ids where kind = 'person' and place = '')
or rows.fields ->> 'request_code' in (select value from person_ids where kind = 'request')
or (
    rows.entity = 'Personen'
    and rows.id in (select value from person_ids where kind = 'person' and place = '')
)
on conflict do nothing;

insert into person_ids (kind, place, value)
select 'origin', origins.file, origins.key
from ops.reference_origins as origins
join person_ids as ids
    on ids.place = ''
    and ids.value = cast(origins.key as jsonb) ->> 0
    and ids.kind = case origins.file
        when 'clients' then 'client'
        when 'client_numbers' then 'client'
        when 'recorded_competences' then 'client'
        when 'enrolments' then 'enrolment'
        when 'enrolment_units' then 'enrolment'
        when 'recorded_results' then 'enrolment'
        when 'training_requests' then 'request'
        when 'training_request_parts' then 'request'
    end
on conflict do nothing;

analyze person_ids

-- name: gather_listed
-- What is listed of the person, and what people changed of it. Whose row it is tells the learner, or else the key: it
-- ends with them, unless the row is an activity's, or names them among its pieces, by which it is found.
create temporary table listed_rows on commit drop as
with rejections as not materialized (
    select rejection_id, source, resource, record_key
    from ops.rejections
    where learner is null
    union all
    select null, source, resource, record_key from ops.dry_run_rejections
),

named as (
    select kind, place, value as key from person_ids where kind in ('account', 'person', 'result', 'client')
    union all
    select ids.kind, items.target, items.record_key
    from person_ids as ids
    join ops.outbox as items on items.item_id = ids.number
    where ids.kind = 'item'
)

select held.rejection_id, held.source, held.record_key
from person_ids as ids
join ops.rejections as held on held.source = ids.place and held.learner = ids.value
where ids.kind in ('account', 'person')
union
select held.rejection_id, held.source, held.record_key
from named as ids
-- One after the other by the index: all at once would be compared with every row.
cross join lateral (
    select * from rejections where ops.key_pieces(rejections.record_key) @> ops.key_pieces(ids.key) offset 0
) as held
where case ids.kind
    when 'item' then held.record_key = ids.key and held.source = ids.place
    when 'result' then held.record_key = ids.key
    when 'client' then ids.place = ''
        and held.resource = 'competence'
        and regexp_replace(held.record_key, '/[^/]+/[^/]+$', '') = ids.key
    else held.source = ids.place
        and held.resource not in ('activity', 'activity_link', 'course', 'module')
        and (
            right(held.record_key, length(ids.key) + 1) = '/' || ids.key
            or ids.key = any(string_to_array(held.record_key, '/')) and held.resource = 'unit_result'
            or held.record_key ~ ('user ' || ids.key || '($|,)')
        )
end;

insert into person_ids (kind, place, value)
select 'listed', '', cast(rejection_id as text) from listed_rows where rejection_id is not null
union
select 'tried', source, record_key from listed_rows where rejection_id is null;

insert into person_ids (kind, place, value)
with named (kind, key) as (
    values
    ('client', 'client_code'),
    ('client', 'pupil_key'),
    ('enrolment', 'enrolment_code'),
    ('request', 'request_code'),
    ('completion', 'completion_id'),
    ('item', 'item_id'),
    ('listed', 'rejection_id')
),

changes as materialized (
    select audit_id, coalesce(key, '{}') || coalesce(before, '{}') || coalesce(after, '{}') as said
    from ops.audit
)

select distinct 'change', '', cast(changes.audit_id as text)
from changes
cross join named
join person_ids as ids
    on ids.kind = named.kind and ids.place = '' and ids.value = changes.said ->> named.key

-- name: add_results
-- Keys of results that could not be read, as messages had them.
insert into person_ids (kind, place, value)
select 'result', :brin6, :brin6 || '/' || key
from unnest(cast(:keys as text [])) as keys (key)
on conflict do nothing

-- name: facts
select kind, place, value
from person_ids
where kind in ('account', 'client', 'email', 'number', 'person', 'request')

-- name: count
select count(*) from {table} as held where {condition}

-- name: delete
delete from {table} as held where {condition}

-- name: hold
-- No run begins, and no answer lands, until the end of the transaction.
lock table ops.runs, raw.landings in share row exclusive mode

-- name: hold_messages
-- Those who send wait: for what is done last, which is short.
lock table raw.inbox in share row exclusive mode

-- name: under_way
-- Runs that have not ended.
select flow from ops.runs where finished_at is null order by started_at

-- name: unsettled
select count(*) as items
from ops.outbox
join person_ids as ids on ids.kind = 'item' and ids.number = item_id
where status in ('sending', 'unknown')

-- name: sent
-- What other systems have taken.
select outbox.target, outbox.account, outbox.kind, count(*) as items
from ops.outbox
join person_ids as ids on ids.kind = 'item' and ids.number = item_id
where status = 'accepted'
group by outbox.target, outbox.account, outbox.kind
order by outbox.target, outbox.account, outbox.kind

-- name: open
insert into ops.erasures (erased_by, because, counts, sent, request_id)
values (:by, :because, '{}', '{}', :request_id)
returning erasure_id, erased_at

-- name: close
update ops.erasures
set counts = cast(:counts as jsonb), sent = cast(:sent as jsonb)
where erasure_id = :erasure_id

-- name: erasure
select erasure_id, erased_at, erased_by, because, counts, sent, lifted_at, lifted_by, lifted_because
from ops.erasures
where erasure_id = :erasure_id

-- name: list
select erasure_id, erased_at, erased_by, because, lifted_at, lifted_by
from ops.erasures
order by erasure_id desc
limit :most

-- name: lift
update ops.erasures
set lifted_at = clock_timestamp(), lifted_by = :by, lifted_because = :because
where erasure_id = :erasure_id

-- name: hashes
-- What the person is left out by.
select count(*) as hashes from ops.erased where erasure_id = :erasure_id

-- name: forget
delete from ops.erased where erasure_id = :erasure_id

-- name: sources
-- Every source and integration that something of was landed or received, with its system.
select source, system from core.sources
union
select integration, system from core.integrations

-- name: landed
select count(*) as answers from raw.landings

-- name: came
-- The answers of a source by scope; of scopes that were looked through up to some answer, those after it.
select landings.scope, array_agg(landings.landing_id order by landings.landing_id) as landings
from raw.landings
left join unnest(cast(:scopes as text []), cast(:until as bigint [])) as seen (scope, landing_id) using (scope)
where landings.source = :source
and landings.landing_id > coalesce(seen.landing_id, 0)
group by landings.scope

-- name: answers
-- Answers, packed.
select landing_id, scope, resource, key, sha256, body
from raw.landings
join raw.bodies using (sha256)
where landing_id = any(cast(:landings as bigint []))
order by landing_id

-- name: drop_landings
delete from raw.landings where landing_id = any(cast(:landings as bigint []))

-- name: replace_landing
update raw.landings set sha256 = :sha256, key = :key where landing_id = :landing_id

-- name: drop_bodies
delete from raw.bodies
where sha256 = any(cast(:hashes as bytea []))
and not exists (select from raw.landings where landings.sha256 = bodies.sha256)

-- name: drop_dictionary
delete from raw.dictionaries
where source = :source and resource = :resource
returning dictionary_id, dictionary

-- name: packed_with
-- Bodies that may have been packed with a dictionary, some at a time: its number stands among the first bytes of a frame.
select sha256, body
from raw.bodies
where position(cast(:number as bytea) in substring(body from 5 for 8)) > 0
and sha256 > cast(:after as bytea)
order by sha256
limit :most

-- name: repack
update raw.bodies
set body = again.body
from unnest(cast(:hashes as bytea []), cast(:packed as bytea [])) as again (sha256, body)
where bodies.sha256 = again.sha256

-- name: messages
-- Messages of several people whose body is kept.
select message_id, origin, body
from raw.inbox
where system = :system and body is not null and message_id > :after
order by message_id
limit :most

-- name: put_message
update raw.inbox set body = cast(:body as bytea) where message_id = :message_id

-- name: ask
insert into ops.erasure_requests (asked_by) values (:by) returning request_id

-- name: go_on
select pg_advisory_xact_lock(cast(cast('ops.erasure_requests' as regclass) as integer), cast(:request_id as integer))

-- name: tell
update ops.erasure_requests
set looked_through = :done, answers = :answers
where request_id = :request_id

-- name: refuse
update ops.erasure_requests
set refused = :why, ended_at = clock_timestamp()
where request_id = :request_id

-- name: how_far
-- One that has only just been asked for may not have begun yet.
select
    requests.request_id, requests.asked_at, requests.asked_by, requests.looked_through, requests.answers,
    requests.refused, done.erasure_id,
    done.erasure_id is null
    and requests.refused is null
    and (
        requests.asked_at > clock_timestamp() - interval '10 seconds'
        or exists (
            select from pg_locks
            where locktype = 'advisory'
            and database = (select oid from pg_database where datname = current_database())
            and classid = cast(cast('ops.erasure_requests' as regclass) as oid)
            and objid = cast(requests.request_id as oid)
            and objsubid = 2
        )
    ) as goes_on
from ops.erasure_requests as requests
left join ops.erasures as done using (request_id)
where requests.request_id = :request_id
