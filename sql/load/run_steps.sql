insert into ops.run_steps
(run_id, step, scope, read, written, unchanged, rejected, ignored, calls, bytes, problem_code, problem)
select
    :run_id,
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
    read = excluded.read,
    written = excluded.written,
    unchanged = excluded.unchanged,
    rejected = excluded.rejected,
    ignored = excluded.ignored,
    calls = excluded.calls,
    bytes = excluded.bytes,
    problem_code = excluded.problem_code,
    problem = excluded.problem,
    finished_at = clock_timestamp()
