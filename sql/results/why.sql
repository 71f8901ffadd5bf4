-- name: accounts
-- The accounts of a client in a source: as they are stored, and as the last derivation of these courses matched them.
select held.user_id
from core.sources
join core.account_holders as held on held.scheme = sources.system || ':' || sources.source
where sources.source = :source and held.client_code = :client_code
union
select cast(learner.user_id as text)
from ops.derived_learners as learner
where learner.source = :source
and learner.scope = any(cast(:scopes as text []))
and learner.client_code = :client_code

-- name: attempts
-- Every time an item was offered, newest first.
select
    started_at as offered_at,
    finished_at as answered_at,
    case outcome when 'not_processed' then 'not processed' when 'accepted_in_test' then 'accepted in test' else outcome end
        as outcome,
    error_code,
    cause as "cause, where no answer came",
    connection_id as account,
    mode,
    run_id
from ops.outbox_attempts
where item_id = :item_id
order by attempt_id desc

-- name: changes
-- What people did to a row, newest first.
select changed_at, who, through, before, after
from ops.audit
where table_name = :table_name and key = cast(:key as jsonb) and key @> cast(:key as jsonb)
order by audit_id desc

-- name: courses
-- The courses of an occurrence in a source.
select distinct source_course_id
from core.linked_courses
where occurrence_code = :occurrence_code and source = :source

-- name: decisions
-- What people decided of it: proposals that were approved, adjusted or dismissed.
select decided_at, decided_by, state || ': ' || status as decision, proposed_status as it_was, decided_because as because
from mart.proposals
where enrolment_code = :enrolment_code
and unit_code = :unit_code
and decided_at is not null
order by decided_at desc

-- name: inputs
-- The activities that count for the unit today.
select
    links.activity_id,
    activities.source_course_id,
    activities.name,
    activities.module as type,
    activities.grade_pass as pass_grade,
    links.closed_at as unmapped_at
from core.activity_links as links
left join core.activities using (source, activity_id)
where links.occurrence_code = :occurrence_code
and links.unit_code = :unit_code
and links.source = :source
order by links.closed_at nulls first, links.activity_id

-- name: item_decisions
-- What people decided about an item, newest first.
select decided_at, decided_by, decision, replace(status_before, '_', ' ') as it_was, cast(null as text) as because
from ops.outbox_decisions
where item_id = :item_id
order by decision_id desc

-- name: nights
-- The moments whose answers a run derived from: nights are named by their end, its own ended when it recorded.
select distinct least(coalesce(cast(nullif(night, 'tonight') as timestamptz), 'infinity'), :recorded_at) as moment
from ops.runs
cross join jsonb_array_elements_text(runs.parameters -> 'nights') as night
where runs.run_id = :run_id

-- name: result
-- A result with what was derived of it, and in which run.
select
    held.enrolment_code,
    held.client_code,
    held.occurrence_code,
    held.unit_code,
    held.status,
    held.started_on,
    held.finished_on,
    held.grade_percent,
    held.source,
    held.recorded_at,
    derived.run_id
from mart.unit_results as held
left join core.unit_results as derived using (enrolment_code, unit_code, source)
where held.enrolment_code = :enrolment_code
and held.unit_code = :unit_code

-- name: runs
select run_id, flow, started_at, finished_at, status, data_from as past_nights_from, data_to as past_nights_to
from mart.runs
where run_id = any(cast(:run_ids as text []))
order by started_at desc, run_id
