insert into ops.run_steps
(run_id, step, scope, read, written, unchanged, rejected, ignored, calls, bytes, problem_code, problem)
values (:run_id, :step, :scope, :read, :written, :unchanged, :rejected, :ignored, :calls, :bytes, :problem_code, :problem)
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
    finished_at = excluded.finished_at
