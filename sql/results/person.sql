-- name: competences
select competence_code, competence_name, valid_from, valid_to, held_now, source, source_course_id, recorded_at
from mart.competences
where client_code = :client_code
order by valid_from desc, competence_code
limit :most

-- name: completions
select source, source_course_id, course_name, completed_at, grade_percent, passed, recorded_at, revoked_by, revoked_because
from mart.course_completions
where client_code = :client_code
order by completed_at desc, source, source_course_id
limit :most

-- name: enrolments
select enrolment_code, occurrence_code, status, start_date, completed_on, source
from mart.enrolments
where client_code = :client_code
order by start_date desc nulls last, enrolment_code
limit :most

-- name: moodle
select
    enrolment_code, occurrence_code, source, source_course_id, state, reason, what_to_do, user_id, transferred_at, asked_by,
    withdrawn, withdrawn_at
from mart.moodle_enrolments
where client_code = :client_code
order by enrolment_code, transfer_id
limit :most

-- name: numbers
select scheme, value
from core.client_numbers
where client_code = :client_code and closed_at is null
order by scheme

-- name: person
select client_code, external_id, username, given_name, other_name, surname, email, archived, listed
from mart.people
where client_code = :client_code

-- name: points
select
    attendance_id, org_id, relation_number, source, source_course_id, end_date, status, reason, explanation, attempts,
    last_attempt_at
from mart.pe_attendance
where client_code = :client_code
order by end_date desc, attendance_id desc
limit :most

-- name: registrations
select training_code, part_code, part_name, request_code, result, presence, passed, finished, approved, approved_on, completed_at
from mart.registrations
where client_code = :client_code
order by completed_at desc nulls last, request_code, part_code
limit :most

-- name: test_results
select brin6, result_key, test_code, test_name, subject, taken_on, level, value_type, value, version, is_current, recorded_at
from mart.test_result_history
where pupil_key = :client_code
order by taken_on desc, brin6, result_key, version desc, value_type
limit :most

-- name: unit_results
select enrolment_code, occurrence_code, unit_code, kind, status, started_on, finished_on, grade_percent, source, recorded_at
from mart.unit_results
where client_code = :client_code
order by finished_on desc nulls last, enrolment_code, unit_code
limit :most
