-- When a step runs again each row counts once, and what it wrote before stays written.
insert into ops.run_steps as done
(run_id, attempt, step, scope, read, written, unchanged, rejected, ignored, calls, bytes, problem_code, problem)
select
    :run_id,
    (select max(attempt) from ops.run_attempts where run_id = :run_id),
    :step,
    scope,
    read,
    written,
    unchanged,
    rejected,
    ignored,
    calls,
    bytes,
    problem_code,
    problem
from jsonb_to_recordset(cast(:steps as jsonb)) as given (
    scope text,
    read bigint,
    written bigint,
    unchanged bigint,
    rejected bigint,
    ignored bigint,
    calls bigint,
    bytes bigint,
    problem_code text,
    problem text
)
order by scope
on conflict (run_id, step, scope) do update
set
    attempt = excluded.attempt,
    read = excluded.read + done.written - least(excluded.unchanged, done.written),
    written = excluded.written + done.written,
    unchanged = excluded.unchanged - least(excluded.unchanged, done.written),
    rejected = excluded.rejected,
    ignored = excluded.ignored,
    calls = excluded.calls + done.calls,
    bytes = excluded.bytes + done.bytes,
    problem_code = excluded.problem_code,
    problem = excluded.problem,
    finished_at = clock_timestamp()
