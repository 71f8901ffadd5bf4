-- What an erasure looks through: :rows rejections, and a fifth as many people, each with an enrolment, an account on the
-- site whose answers are landed, what a derivation knows of them, and a change that somebody made.
set local session_replication_role = replica;

insert into ops.runs (run_id, flow, started_at, finished_at, status)
values ('r', 'moodle_results', now(), now(), 'success');

insert into core.sources (source, system, connection_id, timezone)
values ('main', 'moodle', 'main', 'Europe/Amsterdam'), ('ic', 'infocaption', 'ic', 'Europe/Stockholm');

insert into core.clients (client_code, given_name, surname, email)
select 'C' || n, 'Given' || n, 'Sur' || n, 'c' || n || '@example.org'
from generate_series(1, :rows / 5) as n;

insert into core.occurrences (occurrence_code, name, status)
select 'O' || n, 'Occurrence ' || n, 'active'
from generate_series(1, 500) as n;

insert into core.enrolments (enrolment_code, client_code, occurrence_code, status, start_date)
select 'E' || n, 'C' || n, 'O' || 1 + n % 500, 'active', date '2026-01-01'
from generate_series(1, :rows / 5) as n;

insert into ops.rejections (flow, source, scope, resource, record_key, reason_code, reason, run_id, resolved_at)
select
    'moodle_results',
    'main',
    1 + n % 500,
    'learner',
    1 + n % 500 || '/' || n,
    'unmatched_learner',
    'No client of the administration matches this learner.',
    'r',
    case when n % 100 > 0 then now() end
from generate_series(1, :rows) as n;

insert into core.client_numbers (client_code, scheme, value)
select 'C' || n, 'moodle:main', 1000 + n
from generate_series(1, :rows / 5) as n;

insert into core.site_accounts
(source, user_id, idnumber, username, email, given_name, surname, landing_id, changed_landing_id)
select 'main', 1000 + n, 'C' || n, 'u' || n, 'c' || n || '@example.org', 'Given' || n, 'Sur' || n, 1, 1
from generate_series(1, :rows / 5) as n;

insert into ops.derived_learners (source, scope, user_id, listed, reported, client_code, shown, unmapped)
select 'main', 1 + n % 500, 1000 + n, true, true, 'C' || n, 1, '{}'
from generate_series(1, :rows / 5) as n;

insert into ops.audit (who, through, table_name, key, after)
select 'bench', 'import', 'core.enrolments', jsonb_build_object('enrolment_code', 'E' || n), '{"status": "active"}'
from generate_series(1, :rows / 5) as n;
