-- name: occurrence
-- How an occurrence is switched.
select occurrence_code, name, send_automatically
from core.occurrences
where occurrence_code = :occurrence

-- name: page
-- Enrolments of an occurrence after one of them, in one state or all.
select
    transfer_id, enrolment_code, client_code, source, source_course_id, state, on_its_way, reason, what_to_do, user_id,
    already, transferred_at, asked_by, withdrawn, withdrawn_at
from mart.moodle_enrolments
where occurrence_code = :occurrence
and (cast(:state as text) is null or state = :state)
and (enrolment_code, transfer_id) > (:after, cast(:after_id as bigint))
order by enrolment_code, transfer_id
limit :most
