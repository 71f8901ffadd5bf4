-- name: accreditations
-- Every line of the course in the profession group, also those that were removed.
select granted.*
from ops.pe_attendance as point
join core.accreditations as granted using (org_id, source, source_course_id)
where point.item_id = :item_id
order by granted.valid_from

-- name: completion
-- What earned it.
select
    completed.source,
    completed.source_course_id,
    completed.course_name,
    completed.client_code,
    completed.completed_at,
    completed.grade_percent,
    completed.passed,
    completed.recorded_at,
    recorded.run_id
from ops.pe_attendance as point
join core.course_completions as recorded
    on recorded.source = point.source
    and recorded.source_course_id = point.source_course_id
    and recorded.client_code = point.client_code
    and recorded.completed_at = point.passed_at
join mart.course_completions as completed
    on completed.source = recorded.source
    and completed.source_course_id = recorded.source_course_id
    and completed.client_code = recorded.client_code
    and completed.completed_at = recorded.completed_at
where point.item_id = :item_id

-- name: number
-- The relation number that it goes under, the client's of today, and which system states it.
select
    point.client_code,
    registered.number_scheme as scheme,
    point.relation_number as goes_under,
    held.value as number_today,
    registered.number_pattern as form_of_the_group,
    origins.system as stated_by
from ops.pe_attendance as point
join core.profession_groups as registered using (org_id)
left join core.client_numbers as held
    on held.client_code = point.client_code
    and held.scheme = registered.number_scheme
    and held.closed_at is null
left join ops.reference_origins as origins
    on origins.file = 'client_numbers'
    and origins.key = cast(jsonb_build_array(point.client_code, registered.number_scheme) as text)
where point.item_id = :item_id

-- name: pauses
-- Pauses of its account since it entered the ledger.
select
    pauses.paused_at as decided_at,
    pauses.paused_by as decided_by,
    'account ' || pauses.connection_id || ' paused' || coalesce(', until ' || pauses.resumed_by || ' let it go on', '')
        as decision,
    null as it_was,
    pauses.paused_because as because
from ops.outbox as item
join ops.pe_attendance as point using (item_id)
join core.profession_groups as registered using (org_id)
join ops.account_pauses as pauses using (connection_id)
where item.item_id = :item_id
and coalesce(pauses.resumed_at, 'infinity') >= item.entered_at

-- name: point
-- A point as it stands, by its number in the ledger.
select
    point.attendance_id as point,
    point.status,
    point.reason,
    point.explanation,
    point.org_id,
    registered.name || ', orgID ' || point.org_id as profession_group,
    point.client_code,
    concat_ws(' ', clients.given_name, clients.surname) as learner,
    coalesce(point.pe_course_id, point.external_course_code) as pe_course,
    coalesce(point.pe_module_id, point.external_module_code) as pe_module,
    point.course_type,
    point.end_date,
    point.account,
    point.attempts,
    item.entered_at as in_the_ledger_since,
    point.first_due_at as could_be_sent_since,
    point.next_attempt_at as offered_again_at
from mart.pe_attendance as point
join ops.outbox as item on item.item_id = point.attendance_id
join core.clients using (client_code)
join core.profession_groups as registered using (org_id)
where point.attendance_id = :item_id

-- name: revoked
-- What people decided of the completion.
select decided.decided_at, decided.decided_by, 'completion ' || decided.decision as decision, null as it_was, decided.reason as because
from ops.pe_attendance as point
join ops.completion_decisions as decided
    on decided.source = point.source
    and decided.source_course_id = point.source_course_id
    and decided.client_code = point.client_code
    and decided.completed_at = point.passed_at
where point.item_id = :item_id
