-- name: integrations
-- All integrations, or one, with what it is agreed to send.
select
    integrations.integration,
    integrations.active and integrations.closed_at is null as active,
    integrations.sends_result,
    integrations.sends_presence,
    integrations.sends_passed,
    integrations.minimum,
    integrations.maximum,
    integrations.decimals,
    integrations.pass_mark
from core.integrations
where cast(:integration as text) is null or integrations.integration = :integration
order by integrations.integration

-- name: attempts
-- What the completions of a lot did, each for each part that it counts for; returns what became of the completions.
with settled as (
    insert into core.registration_attempts (
        completion_id, request_code, part_code, outcome, grade, grade_registered, run_id
    )
    select completion_id, request_code, part_code, outcome, grade, grade_registered, :run_id
    from staged
    order by completion_id, request_code, part_code
    on conflict (completion_id, request_code, part_code) do nothing
    returning completion_id, request_code, part_code, outcome, grade_registered
),

by_completion as (
    select
        bool_or(settled.outcome <> 'nothing_new') as wrote,
        bool_or(not settled.grade_registered) as left_out
    from settled
    join core.registrations using (request_code, part_code)  -- what the database did not keep is in no count
    group by settled.completion_id
)

select
    count(*) filter (where wrote) as written,
    count(*) filter (where not wrote and left_out) as rejected,
    count(*) filter (where not wrote and left_out is not true) as unchanged
from by_completion

-- name: later_attempts
-- Grades that came after the one that is registered, of requests that are still open.
select distinct
    said.course_id || '/' || said.person_id as record_key
from core.registration_attempts as attempts
join core.training_requests as requests using (request_code)
join core.reported_completions as said using (completion_id)
where not attempts.grade_registered
and requests.status = 'open'
and requests.closed_at is null
and said.integration = :integration
order by 1

-- name: lock
-- One run at a time registers completions of an integration.
select pg_advisory_xact_lock(hashtextextended('registrations of ' || :integration, 0))

-- name: merge
-- What stands is not overwritten, whatever is staged: the first result, and all that is on.
insert into core.registrations as held (
    request_code, part_code, completion_id, completed_at, result, presence, passed, finished, approved, approved_on, run_id
)
select
    request_code, part_code, completion_id, completed_at, result, presence, passed, finished, approved, approved_on, :run_id
from staged
order by request_code, part_code
on conflict (request_code, part_code) do update
set
    result = coalesce(held.result, excluded.result),
    presence = held.presence or excluded.presence,
    passed = held.passed or excluded.passed,
    finished = held.finished or excluded.finished,
    approved = held.approved or excluded.approved,
    approved_on = coalesce(held.approved_on, excluded.approved_on),
    run_id = excluded.run_id,
    changed_at = clock_timestamp()
where (held.result, held.presence, held.passed, held.finished, held.approved, held.approved_on) is distinct from (
    coalesce(held.result, excluded.result),
    held.presence or excluded.presence,
    held.passed or excluded.passed,
    held.finished or excluded.finished,
    held.approved or excluded.approved,
    coalesce(held.approved_on, excluded.approved_on)
)

-- name: parts
-- For each completion the parts of requests that it may count for, with what is registered of them.
select
    said.completion_id,
    parts.request_code,
    parts.part_code,
    parts.is_open,
    cast(parts.holds as text) as holds,
    held.request_code is not null as is_registered,
    held.completion_id as held_completion_id,
    held.completed_at as held_completed_at,
    cast(held.result as text) as held_result,
    held.presence as held_presence,
    held.passed as held_passed,
    held.finished as held_finished,
    held.approved as held_approved,
    held.approved_on as held_approved_on
from core.reported_completions as said
join core.requested_parts as parts
    on parts.integration = :integration
    and parts.person = said.person_id
    and parts.course_id = said.course_id
left join core.registrations as held
    on held.request_code = parts.request_code and held.part_code = parts.part_code
where said.completion_id = any(:completions)

-- name: place
-- What there is to register a completion of one person and course on.
select
    exists (
        select from core.training_parts
        where integration = :integration and course_id = :course_id and closed_at is null
    ) as course_known,
    exists (
        select from core.requested_by where integration = :integration and person = :person_id
    ) as person_known,
    count(parts.part_code) > 0 as requested,
    coalesce(bool_or(parts.is_open), false) as open,
    count(*) filter (where parts.is_open) > count(distinct parts.part_code) filter (where parts.is_open) as doubled,
    coalesce(bool_or(held.request_code is not null), false) as registered
from core.requested_parts as parts
left join core.registrations as held using (request_code, part_code)
where parts.integration = :integration and parts.person = :person_id and parts.course_id = :course_id

-- name: polled
-- Completed courses of a source, of the clients whose open or registered part they are, that were not taken over yet.
select distinct
    done.client_code as person_id,
    done.source_course_id as course_id,
    done.completed_at,
    cast((done.completed_at at time zone integrations.timezone) as date) as completed_on,
    cast(done.grade_percent as text) as points,
    '100' as maximum,
    done.recorded_at as reported_at
from core.course_completions as done
join core.integrations on integrations.integration = done.source
join core.requested_parts as parts
    on parts.integration = done.source
    and parts.person = done.client_code
    and parts.course_id = done.source_course_id
left join core.registrations as held using (request_code, part_code)
where done.source = :integration
and done.passed
and (parts.is_open or held.request_code is not null)
and not exists (
    select from core.reported_completions as taken
    where taken.integration = done.source
    and taken.person_id = done.client_code
    and taken.course_id = done.source_course_id
    and taken.completed_at = done.completed_at
    and taken.message_id is null
)
order by done.completed_at, person_id, course_id

-- name: repeats
-- Completions that say what another one said that counted already: they count for the same parts, and change nothing.
with told_again as (
    insert into core.registration_attempts (completion_id, request_code, part_code, outcome, run_id)
    select distinct said.completion_id, counted.request_code, counted.part_code, 'nothing_new', :run_id
    from core.reported_completions as said
    join core.reported_completions as earlier using (integration, person_id, course_id, completed_at)
    join core.registration_attempts as counted on counted.completion_id = earlier.completion_id
    where said.integration = :integration
    and (cast(:until as timestamptz) is null or said.reported_at <= :until)
    and (said.grade, said.presence, said.passed) is not distinct from (earlier.grade, earlier.presence, earlier.passed)
    and not exists (
        select from core.registration_attempts as attempts
        where attempts.completion_id = said.completion_id
    )
    returning completion_id
)

select count(distinct completion_id) as told_again from told_again

-- name: said
-- What completions say, and what there is to register them on: as ``place``, of many at once.
with said as (
    select * from core.reported_completions where completion_id = any(:completions)
),

persons as (
    select distinct person
    from core.requested_by
    where integration = :integration and person in (select person_id from said)
),

places as (
    select
        said.completion_id,
        bool_or(parts.is_open) as open,
        count(*) filter (where parts.is_open) > count(distinct parts.part_code) filter (where parts.is_open) as doubled,
        bool_or(held.request_code is not null) as registered
    from said
    join core.requested_parts as parts
        on parts.integration = :integration and parts.person = said.person_id and parts.course_id = said.course_id
    left join core.registrations as held using (request_code, part_code)
    group by said.completion_id
)

select
    said.completion_id,
    said.person_id,
    said.course_id,
    said.completed_at,
    said.completed_on,
    cast(said.grade as text) as grade,
    said.presence,
    said.passed,
    said.course_id in (
        select course_id from core.training_parts where integration = :integration and closed_at is null
    ) as course_known,
    persons.person is not null as person_known,
    places.completion_id is not null as requested,
    coalesce(places.open, false) as open,
    coalesce(places.doubled, false) as doubled,
    coalesce(places.registered, false) as registered
from said
left join persons on persons.person = said.person_id
left join places using (completion_id)

-- name: take
insert into core.reported_completions (
    integration, person_id, course_id, completed_at, completed_on, grade, presence, passed, reported_at
)
select :integration, person_id, course_id, completed_at, completed_on, grade, presence, passed, reported_at
from staged
order by completed_at, person_id, course_id
on conflict (integration, person_id, course_id, completed_at) where message_id is null do nothing

-- name: waiting
-- Completions that counted for nothing yet, in the order in which they count.
select said.completion_id
from core.reported_completions as said
where said.integration = :integration
and (cast(:until as timestamptz) is null or said.reported_at <= :until)
and not exists (
    select from core.registration_attempts as attempts
    where attempts.completion_id = said.completion_id
)
order by said.completed_at, said.completion_id
