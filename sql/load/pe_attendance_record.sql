-- The outcome of a call, row by row. A rejected row that may succeed later is offered again until it is too old.
with outcome as (
    select *
    from jsonb_to_recordset(cast(:outcomes as jsonb)) as given (
        attendance_id bigint,
        status text,
        reason text,
        explanation text,
        retry boolean,
        attempt text,
        error_code text,
        cause text
    )
),

recorded as (
    update ops.pe_attendance as held
    set
        status = outcome.status,
        reason = outcome.reason,
        explanation = outcome.explanation,
        next_attempt_at = case
            when outcome.retry and held.first_due_at > clock_timestamp() - make_interval(days => :retry_days)
                then clock_timestamp() + make_interval(hours => :retry_hours)
        end
    from outcome
    where held.attendance_id = outcome.attendance_id and held.status = 'sending'
)

update ops.pe_attempts as tried
set finished_at = clock_timestamp(), outcome = outcome.attempt, error_code = outcome.error_code, cause = outcome.cause
from outcome
where tried.call_id = :call_id and tried.attendance_id = outcome.attendance_id
