-- name: blocked
-- The occurrences whose enrolments are blocked for a reason.
select distinct held.occurrence_code
from ops.outbox as item
join ops.moodle_enrolments as held using (item_id)
where item.target = 'moodle'
and item.kind = 'enrolments'
and item.status in ('withheld', 'rejected', 'unknown')
and item.reason = :reason

-- name: occurrence
-- How an occurrence is switched.
select occurrence_code, name, send_automatically
from core.occurrences
where occurrence_code = :occurrence

-- name: page
-- Enrolments of an occurrence after one of them, in one state or all.
select
    transfer_id, enrolment_code, client_code, occurrence_code, source, source_course_id, state, on_its_way, reason, what_to_do, user_id,
    already, transferred_at, asked_by, withdrawn, withdrawn_at
from mart.moodle_enrolments
where occurrence_code = :occurrence
and (cast(:state as text) is null or state = :state)
and (cast(:reason as text) is null or reason = :reason)
and (enrolment_code, transfer_id) > (:after, cast(:after_id as bigint))
order by enrolment_code, transfer_id
limit :most
