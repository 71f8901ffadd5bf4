-- name: changed
-- Results that are told otherwise than the ledger has them.
select item.item_id
from staged
join ops.outbox as item
    on item.target = :target and item.kind = :kind and item.fact = staged.fact
left join ops.coachview_results as held using (item_id)
where held.item_id is null
or (held.person, held.course_id, held.result, held.presence, held.passed, held.completed_on) is distinct from (
    staged.person, staged.course_id, staged.result, staged.presence, staged.passed, staged.completed_on
)

-- name: enter
-- What the messages say, of items that the ledger took from the plan.
insert into ops.coachview_results (
    item_id, completion_id, request_code, part_code, person, course_id, result, presence, passed, completed_on
)
select
    item.item_id,
    staged.completion_id,
    staged.request_code,
    staged.part_code,
    staged.person,
    staged.course_id,
    staged.result,
    staged.presence,
    staged.passed,
    staged.completed_on
from staged
join ops.outbox as item
    on item.target = :target and item.kind = :kind and item.fact = staged.fact
where item.item_id = any(cast(:offered as bigint []))
on conflict (item_id) do update
set
    person = excluded.person,
    course_id = excluded.course_id,
    result = excluded.result,
    presence = excluded.presence,
    passed = excluded.passed,
    completed_on = excluded.completed_on
returning item_id

-- name: list
select
    result_id, request_code, part_code, course_id, result, completed_on, status, reason, last_cause, attempts,
    last_attempt_at
from mart.coachview_results
where cast(:status as text) is null or status = :status
order by result_id

-- name: registered_on
-- The parts that items were registered on.
select item_id, request_code, part_code
from ops.coachview_results
where item_id = any(:item_ids)
order by item_id

-- name: rows
-- What the messages say.
select item_id, person, course_id, cast(result as text) as result, presence, passed, completed_on
from ops.coachview_results
where item_id = any(:item_ids)
order by item_id

-- name: wished
-- What is registered on open requests, and not finished in Coachview already: of each completion one, however many
-- parts it is registered on. Presence and passed are told where they are ticked, or somebody said that they are not to be;
-- what nobody said is left out.
select distinct on (held.completion_id)
    held.completion_id,
    held.request_code,
    held.part_code,
    coalesce(requests.external_id, requests.person_id) as person,
    said.course_id,
    cast(held.result as text) as result,
    case when held.presence then true when integrations.sends_presence and not said.presence then false end as presence,
    case
        when held.passed then true
        when integrations.sends_passed and not said.passed then false
        when held.approved and integrations.sends_result and held.result < integrations.pass_mark then false
    end as passed,
    coalesce(held.approved_on, said.completed_on) as completed_on
from core.registrations as held
join core.reported_completions as said using (completion_id)
join core.integrations using (integration)
join core.training_requests as requests using (request_code)
where requests.status = 'open'
and requests.closed_at is null
and not exists (
    select from core.training_request_parts as there
    where there.request_code = held.request_code
    and there.part_code = held.part_code
    and there.closed_at is null
    and (there.finished or there.approved)
)
order by held.completion_id, held.request_code, held.part_code
