-- Beside what views.sql makes: :rows / 10 rejections that stand open, :rows results of pupils, half of them of one school,
-- and as many transfers and registrations as there are people, :rows messages and what became of each.
set local session_replication_role = replica;

update ops.rejections set resolved_at = null
where rejection_id % 10 = 0;
update ops.rejections set reason_code = 'no_enrolment'
where rejection_id % 20 = 0;

update core.enrolments set status = 'withdrawn'
where right(enrolment_code, 3) = '777';
update core.proposed_results set adjusted = true
where right(enrolment_code, 3) = '555';
insert into core.course_links (occurrence_code, source, source_course_id)
select 'O' || n, 'main', n
from generate_series(1, 500) as n;
insert into core.activities (source, source_course_id, activity_id, name, module, mappable, grade_pass)
select 'main', 1 + n % 500, n, 'Activity ' || n, 'quiz', true, 50
from generate_series(1, 20000) as n;
insert into core.activity_links (occurrence_code, unit_code, source, activity_id)
select 'O' || 1 + n % 500, 'U' || 1 + n % 200, 'main', n
from generate_series(1, 20000) as n;

-- What everybody holds, or held.
insert into core.competences (competence_code, parent_code, name, validity_days) values ('K200', 'G0', 'Competence 200', 365);
insert into core.earned_competences
(client_code, competence_code, valid_from, valid_to, source, source_course_id, run_id)
select 'C' || n, 'K200', current_date - n % 400, current_date - n % 400 + 364, 'ic', 'course', 'r'
from generate_series(1, :rows / 5) as n;
insert into core.competence_links (source, source_course_id, competence_code)
select 'main', n, 'K' || n % 200
from generate_series(1, 500) as n;
insert into core.accreditations (org_id, source, source_course_id, valid_from, course_type, pe_course_id)
select 52, 'main', n, date '2025-01-01', 2, n
from generate_series(1, 500) as n;

-- A thousand schools.
insert into core.school_links
(brin6, supplier, supplier_code, accepted_by, accepted_on, start_date, status, reading, unknown_pupil, source)
select
    to_char(n / 100, 'FM00') || 'XX' || to_char(n % 100, 'FM00'),
    'Supplier',
    's',
    'bench',
    current_date,
    current_date,
    'active',
    'strict',
    'quarantine',
    'iep'
from generate_series(0, 999) as n;
insert into core.test_result_versions
(
    source, brin6, result_key, created_at, message_id, pupil_key, test_code, taken_on, school_year, measures, content,
    run_id, version, is_current
)
select
    'iep',
    case when n % 2 = 0 then '00XX00' else to_char(n % 1000 / 100, 'FM00') || 'XX' || to_char(n % 100, 'FM00') end,
    n,
    now(),
    n,
    'C' || 1 + n % (:rows / 5),
    'test',
    current_date,
    '2026-2027',
    '[{"value_type": "score", "value": "7"}]',
    'content',
    'r',
    1,
    true
from generate_series(1, :rows) as n;
insert into ops.link_log (brin6, event, detail)
select to_char(n % 1000 / 100, 'FM00') || 'XX' || to_char(n % 100, 'FM00'), 'message', 'results: 20'
from generate_series(1, :rows / 10) as n;

insert into core.moodle_writing (source, writing) values ('main', 'on');
insert into core.client_numbers (client_code, scheme, value)
select 'C' || n, 'moodle:main', n
from generate_series(1, :rows / 5) as n;
insert into ops.outbox (target, kind, account, business_key, record_key, if_unknown, status, reason)
select
    'moodle',
    'enrolments',
    'main',
    jsonb_build_object('enrolment_code', 'E' || n),
    'E' || n,
    'read_back',
    case n % 10 when 0 then 'withheld' else 'accepted' end,
    case n % 10 when 0 then 'waits_for_person' end
from generate_series(1, :rows / 5) as n;
insert into ops.moodle_enrolments
(item_id, source, source_course_id, enrolment_code, client_code, occurrence_code)
select
    item.item_id,
    'main',
    substr(enrolled.occurrence_code, 2),
    enrolled.enrolment_code,
    enrolled.client_code,
    enrolled.occurrence_code
from ops.outbox as item
join core.enrolments as enrolled on enrolled.enrolment_code = item.record_key
where item.target = 'moodle';

insert into core.integrations
(
    integration, system, hash, timezone, minimum, maximum, decimals, pass_mark, sends_result, sends_presence,
    sends_passed, person_scheme, active
)
select 'i' || n, 'elearning', 'sha256', 'UTC', 1, 10, 1, 5.5, true, true, true, 'person', true
from generate_series(1, 3) as n;
insert into core.trainings (training_code, name)
select 'T' || n, 'Training ' || n
from generate_series(1, 100) as n;
insert into core.training_parts (part_code, training_code, name, integration, course_id)
select 'P' || n, 'T' || 1 + n % 100, 'Part ' || n, 'i' || 1 + n % 3, n
from generate_series(1, 100) as n;
insert into core.training_requests (request_code, training_code, person_id, client_code, status)
select 'R' || n, 'T' || 1 + n % 100, n, 'C' || n, 'open'
from generate_series(1, :rows / 5) as n;
insert into core.registrations
(
    request_code, part_code, completion_id, completed_at, result, presence, passed, finished, approved, run_id
)
select 'R' || n, 'P' || 1 + n % 100, n, now(), 8, true, true, true, false, 'r'
from generate_series(1, :rows / 5) as n;
insert into ops.outbox (target, kind, account, business_key, record_key, if_unknown, status)
select
    'coachview',
    'registrations',
    'main',
    jsonb_build_object('request_code', 'R' || n),
    'R' || n,
    'read_back',
    case when n % 50 = 0 then 'pending' else 'accepted' end
from generate_series(1, :rows / 5) as n;
insert into ops.coachview_results (item_id, completion_id, request_code, part_code, person, course_id, completed_on)
select
    item_id,
    1,
    record_key,
    'P' || 1 + cast(substr(record_key, 2) as integer) % 100,
    'person',
    'course',
    current_date
from ops.outbox
where target = 'coachview';
insert into raw.inbox (origin, key, received_at, system, content_type)
select 'i' || 1 + n % 3, decode(md5(cast(n as text)), 'hex'), now(), 'elearning', 'application/json'
from generate_series(1, :rows) as n;
insert into core.completion_messages (message_id, integration, person_id, course_id, outcome, reason_code, reason)
select
    message_id,
    origin,
    message_id,
    'course',
    case when message_id % 1000 = 0 then 'unusable' else 'completion' end,
    case when message_id % 1000 = 0 then 'unusable_message' end,
    case when message_id % 1000 = 0 then 'No person.' end
from raw.inbox
where system = 'elearning';
insert into ops.deliveries (message_id, channel, authenticated_by)
select message_id, 'http', 'signature'
from raw.inbox
where system = 'elearning';
