-- Completions of ILIAS sites: from what was seen to what is reported as an integration's.

-- name: integrations
select integrations.integration, integrations.connection_id, integrations.timezone, integrations.sends_result
from core.integrations
where integrations.system = :system
and integrations.closed_at is null
order by integrations.integration

-- name: courses
-- The courses of training parts, by the integrations that use a connection.
select distinct parts.course_id, bool_or(integrations.sends_result) as sends_result
from core.training_parts as parts
join core.integrations using (integration)
where integrations.system = :system
and integrations.connection_id = any(:connection_ids)
and integrations.closed_at is null
and parts.closed_at is null
group by parts.course_id
order by parts.course_id

-- name: connections
select distinct connection_id
from core.integrations
where system = :system and connection_id is not null and closed_at is null
order by connection_id

-- name: state
select to_char(seen_to, 'YYYY-MM-DD HH24:MI:SS') as seen_to, derived_to
from ops.ilias_polls
where integration = :integration

-- name: landed
-- Answers that were not derived yet, or those of a past night. An answer that says what the one before it said, as one of a
-- quiet site does every time, is none.
with landed as (
    select
        landing_id,
        resource,
        lag(sha256) over same = sha256 as is_repeated
    from raw.landings
    where source = :integration
    and scope = ''
    and landing_id >= :derived_to
    and (cast(:since as timestamptz) is null or landed_at > :since)
    and (cast(:until as timestamptz) is null or landed_at <= :until)
    window same as (partition by resource, key order by landing_id)
)

select landing_id, resource
from landed
where landing_id > :derived_to
and is_repeated is not true
order by landing_id

-- name: seen_merge
insert into core.ilias_completions (
    integration, user_id, object_id, completed_at, completed_on, ref_ids, landing_id, run_id
)
select :integration, user_id, object_id, completed_at, completed_on, ref_ids, landing_id, :run_id
from staged
order by user_id, object_id, completed_at
on conflict (integration, user_id, object_id, completed_at) do nothing

-- name: seen_standing
lock table core.ilias_completions in share row exclusive mode;

select count(*) as standing
from staged
join core.ilias_completions as held using (user_id, object_id, completed_at)
where held.integration = :integration

-- name: users
insert into core.ilias_users as held (integration, user_id, known, matriculation, external_account, read_at)
select :integration, user_id, known, matriculation, external_account, read_at
from staged
order by user_id
on conflict (integration, user_id) do update
set
    known = excluded.known,
    matriculation = excluded.matriculation,
    external_account = excluded.external_account,
    read_at = excluded.read_at
where excluded.read_at > held.read_at

-- name: marks
-- The marks of those whose completion waits for one; who is not among the results of the test has none.
insert into core.ilias_marks as held (integration, test, user_id, points, maximum, landing_id, read_at)
select distinct on (waiting.user_id)
    :integration, :test, waiting.user_id, shown.points, shown.maximum, :landing_id, cast(:read_at as timestamptz)
from core.ilias_completions as waiting
left join staged as shown using (user_id)
where waiting.integration = :integration
and waiting.ref_ids && cast(:courses as text [])
and waiting.landing_id < :landing_id
and exists (
    select from core.training_parts as parts
    where parts.integration = :integration
    and parts.closed_at is null
    and parts.course_id = any(waiting.ref_ids)
    and parts.course_id = any(:courses)
    and not exists (
        select from core.ilias_reported as done
        where done.integration = waiting.integration
        and done.user_id = waiting.user_id
        and done.object_id = waiting.object_id
        and done.completed_at = waiting.completed_at
        and done.course_id = parts.course_id
    )
)
order by waiting.user_id
on conflict (integration, test, user_id) do update
set
    points = excluded.points,
    maximum = excluded.maximum,
    landing_id = excluded.landing_id,
    read_at = excluded.read_at
where excluded.landing_id > held.landing_id

-- name: waiting
-- Completions of courses of trainings that were not handed on yet, with what is known of person and mark.
with tests as (
    select * from unnest(cast(:courses as text []), cast(:tests as text [])) as given (course_id, test)
),

waiting as (
    select seen.*, parts.course_id, tests.test
    from (
        select distinct course_id
        from core.training_parts
        where integration = :integration and closed_at is null
    ) as parts
    join core.ilias_completions as seen
        on seen.integration = :integration and seen.ref_ids @> array[parts.course_id]
    left join tests on tests.course_id = parts.course_id
    where not exists (
        select from core.ilias_reported as done
        where done.integration = seen.integration
        and done.user_id = seen.user_id
        and done.object_id = seen.object_id
        and done.completed_at = seen.completed_at
        and done.course_id = parts.course_id
    )
),

numbered as (
    select
        users.*,
        case :person_field when 'matriculation' then users.matriculation else users.external_account end as person_id
    from core.ilias_users as users
    where users.integration = :integration
),

doubled as (
    select person_id
    from numbered
    where person_id is not null
    group by person_id
    having count(*) > 1
)

select
    waiting.user_id,
    waiting.object_id,
    waiting.course_id,
    waiting.completed_at,
    waiting.completed_on,
    waiting.recorded_at,
    waiting.completed_at > clock_timestamp() + interval '1 day' as is_ahead,
    waiting.test,
    numbered.user_id is not null as user_read,
    numbered.known as user_known,
    numbered.person_id,
    numbered.read_at < clock_timestamp() - interval '1 day' as user_is_old,
    exists (select from doubled where doubled.person_id = numbered.person_id) as number_doubled,
    exists (
        select from core.requested_by as asked
        where asked.integration = :integration and asked.person = numbered.person_id
    ) as person_known,
    marks.user_id is not null as mark_read,
    cast(marks.points as text) as points,
    cast(marks.maximum as text) as maximum,
    marks.read_at < clock_timestamp() - interval '1 day' as mark_is_old
from waiting
left join numbered using (user_id)
left join core.ilias_marks as marks
    on marks.integration = :integration
    and marks.test = waiting.test
    and marks.user_id = waiting.user_id
    and marks.landing_id > waiting.landing_id
order by waiting.course_id, waiting.user_id, waiting.completed_at

-- name: reported
-- What stands among the completions of the integration now.
insert into core.ilias_reported (integration, user_id, object_id, completed_at, course_id, person_id, run_id)
select distinct
    :integration, staged.user_id, staged.object_id, staged.completed_at, staged.course_id, staged.person_id, :run_id
from staged
join core.reported_completions as said
    on said.integration = :integration
    and said.person_id = staged.person_id
    and said.course_id = staged.course_id
    and said.completed_at = staged.completed_at
    and said.message_id is null
on conflict (integration, user_id, object_id, completed_at, course_id) do nothing

-- name: advance
insert into ops.ilias_polls as held (integration, seen_to, derived_to)
values (:integration, cast(:seen_to as timestamp), :derived_to)
on conflict (integration) do update
set
    seen_to = greatest(held.seen_to, excluded.seen_to),
    derived_to = greatest(held.derived_to, excluded.derived_to)
where (held.seen_to, held.derived_to) is distinct from (
    greatest(held.seen_to, excluded.seen_to), greatest(held.derived_to, excluded.derived_to)
)
