-- A warehouse with :rows competences held, results, completions, points, run steps and rejections, over a fifth as
-- many people.
-- Keys between tables hold by the way the rows are made.
set local session_replication_role = replica;

insert into core.sources (source, system, connection_id, timezone)
values ('main', 'moodle', 'main', 'Europe/Amsterdam'), ('ic', 'infocaption', 'ic', 'Europe/Stockholm');

insert into core.clients (client_code, given_name, surname, email)
select 'C' || n, 'Given' || n, 'Sur' || n, 'c' || n || '@example.org'
from generate_series(1, :rows / 5) as n;

insert into core.occurrences (occurrence_code, name, status)
select 'O' || n, 'Occurrence ' || n, 'active'
from generate_series(1, 500) as n;

insert into core.units (unit_code, kind, name)
select 'U' || n, 'unit', 'Unit ' || n
from generate_series(1, 200) as n;

insert into core.enrolments (enrolment_code, client_code, occurrence_code, status, start_date)
select 'E' || n, 'C' || n, 'O' || 1 + n % 500, 'active', date '2026-01-01'
from generate_series(1, :rows / 5) as n;

insert into core.unit_results
(enrolment_code, unit_code, source, status, started_on, finished_on, grade_percent, run_id, recorded_at)
select 'E' || n, 'U' || 1 + (n + k * 7) % 200, 'main', 'passed', day, day, 80, 'r', day
from generate_series(1, :rows / 5) as n
cross join generate_series(1, 5) as k
-- Days of two years in no order, as a first night finds them.
cross join lateral (select date '2025-01-01' + abs(hashint4(n * 5 + k) % 730) as day) as days;

insert into core.proposed_results (enrolment_code, unit_code, source, status, started_on, finished_on, run_id)
select 'E' || n, 'U' || 1 + n % 200, 'main', 'passed', date '2026-01-01', date '2026-01-02', 'r'
from generate_series(1, :rows / 5) as n;

insert into core.courses (source, source_course_id, name)
select 'main', n, 'Course ' || n
from generate_series(1, 500) as n;

insert into core.course_completions (source, source_course_id, client_code, completed_at, passed, run_id)
select 'main', 1 + (n + k * 11) % 500, 'C' || n, timestamptz '2026-01-01' + n % 365 * interval '1 day', true, 'r'
from generate_series(1, :rows / 5) as n
cross join generate_series(1, 5) as k;

-- 10 main groups, 5 groups in each, 4 competences in each of those.
insert into core.competences (competence_code, parent_code, name)
select 'M' || n, null, 'Main group ' || n
from generate_series(0, 9) as n;
insert into core.competences (competence_code, parent_code, name)
select 'G' || n, 'M' || n % 10, 'Group ' || n
from generate_series(0, 49) as n;
insert into core.competences (competence_code, parent_code, name, validity_days)
select 'K' || n, 'G' || n % 50, 'Competence ' || n, 365
from generate_series(0, 199) as n;

-- A third has ended; of those, half was earned again.
insert into core.earned_competences
(client_code, competence_code, valid_from, valid_to, source, source_course_id, run_id)
select
    'C' || n,
    'K' || (n + k * 7) % 200,
    start,
    start + 364,
    'ic',
    'course',
    'r'
from generate_series(1, :rows / 6) as n
cross join generate_series(1, 6) as k
cross join lateral (
    select current_date - case k when 1 then 600 when 2 then 500 else 10 + n % 300 end as start
) as starts;
update core.earned_competences
set competence_code = (
    select 'K' || (cast(substr(client_code, 2) as integer) + 21) % 200
)
where valid_from = current_date - 500 and right(client_code, 1) in ('1', '3', '5', '7', '9');

insert into ops.competence_decisions (decision, competence_code, client_code, decided_by, reason)
select 'revoked', 'K' || (n + 21) % 200, 'C' || n, 'bench', 'bench'
from generate_series(1, 1000) as n;
insert into ops.competence_decisions (decision, competence_code, decided_by, reason)
values ('revoked', 'K3', 'bench', 'bench');

insert into core.profession_groups (org_id, name, active, number_scheme, number_pattern)
values (52, 'Register', true, 'pe:52', '^\d+$');
insert into ops.outbox (target, kind, account, business_key, record_key, if_unknown, status)
select
    'pe_online',
    'accreditation points',
    '52',
    jsonb_build_object('client_code', 'C' || n, 'source_course_id', k),
    'C' || n || '/' || k,
    'send_again',
    case when n % 50 = 0 then 'pending' else 'accepted' end
from generate_series(1, :rows / 5) as n
cross join generate_series(1, 5) as k;
insert into ops.pe_attendance
(
    item_id, org_id, client_code, source, source_course_id, passed_at, pe_course_id, course_type, relation_number,
    end_date
)
select
    item_id,
    52,
    split_part(record_key, '/', 1),
    'main',
    split_part(record_key, '/', 2),
    timestamptz '2026-09-25T15:13:20+02:00',
    split_part(record_key, '/', 2),
    2,
    substr(split_part(record_key, '/', 1), 2),
    '2026-09-25T15:13:20+02:00'
from ops.outbox;

insert into ops.runs (run_id, flow, started_at, finished_at, status)
select 'r' || n, 'moodle_results', moment, moment, 'success'
from generate_series(1, :rows / 200) as n
cross join lateral (select now() - n * interval '1 hour' as moment) as moments;
insert into ops.run_steps (run_id, step, scope, read, written)
select 'r' || n, 'derive', 'main/' || k, 10, 10
from generate_series(1, :rows / 200) as n
cross join generate_series(1, 200) as k;
insert into ops.rejections (flow, source, scope, resource, record_key, reason_code, reason, run_id, resolved_at)
select
    'moodle_results',
    'main',
    1 + n % 500,
    'learner',
    1 + n % 500 || '/' || n,
    'unmatched_learner',
    'No client of the administration matches this learner.',
    'r1',
    case when n % 100 > 0 then now() end
from generate_series(1, :rows) as n;
