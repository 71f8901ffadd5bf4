-- name: activity_links
select occurrence_code, unit_code, activity_id
from core.activity_links
where source = :source
and closed_at is null
and occurrence_code = any(:occurrences)

-- name: addresses
-- Hash over the addresses of all clients.
select md5(string_agg(cast(row(client_code, email) as text), chr(10) order by client_code)) as listed
from core.clients
where closed_at is null

-- name: clients
select client_code, username, email, given_name, surname
from core.clients
where closed_at is null

-- name: completions
-- Every completion that is recorded of some courses.
select source_course_id as scope, client_code, completed_at
from core.course_completions
where source = :source
and source_course_id = any(:scopes)
and (cast(:clients as text []) is null or client_code = any(cast(:clients as text [])))

-- name: enrolments
-- Enrolments as they stand tonight: what a poll completed counts as completed.
select
    e.enrolment_code,
    e.client_code,
    e.occurrence_code,
    case when e.status = 'active' and c.enrolment_code is not null then 'completed' else e.status end as status,
    e.start_date
from core.enrolments e
left join core.enrolment_completions c using (enrolment_code)
where e.closed_at is null
and e.occurrence_code = any(:occurrences)
and (cast(:clients as text []) is null or e.client_code = any(cast(:clients as text [])))

-- name: recorded
-- What is recorded stands: the administration's own results, and those that were derived. Whose enrolments these are is
-- found first: merged with all that there ever were, those of all years would be read.
with enrolled as materialized (
    select enrolment_code
    from core.enrolments
    where occurrence_code = any(:occurrences)
    and (cast(:clients as text []) is null or client_code = any(cast(:clients as text [])))
)

select distinct on (enrolment_code, unit_code) enrolment_code, unit_code, status, started_on
from (
    select r.enrolment_code, r.unit_code, r.status, r.started_on
    from enrolled
    join core.recorded_results r using (enrolment_code)
    where r.closed_at is null
    union all
    select u.enrolment_code, u.unit_code, u.status, u.started_on
    from enrolled
    join core.unit_results u using (enrolment_code)
) as held
order by enrolment_code, unit_code, core.result_rank(status)

-- name: training_plan
-- Whose enrolments these are is found first, as for what is recorded.
with enrolled as materialized (
    select enrolment_code
    from core.enrolments
    where occurrence_code = any(:occurrences)
    and (cast(:clients as text []) is null or client_code = any(cast(:clients as text [])))
)

select p.enrolment_code, p.unit_code, p.expected_start_date
from enrolled
join core.enrolment_units p using (enrolment_code)
where p.closed_at is null
