-- name: decide
-- Each of the learner's completions in the course that stands otherwise, of one day or of all, with its decision.
with decided as (
    update core.course_completions as completed
    set passed = :decision = 'restored'
    from core.sources
    where sources.source = completed.source
    and completed.source = :source
    and completed.source_course_id = :source_course_id
    and completed.client_code = :client_code
    and completed.passed <> (:decision = 'restored')
    and (
        cast(:completed_on as date) is null
        or cast(completed.completed_at at time zone sources.timezone as date) = :completed_on
    )
    returning completed.source, completed.source_course_id, completed.client_code, completed.completed_at
)

insert into ops.completion_decisions
(decision, source, source_course_id, client_code, completed_at, decided_by, reason)
select :decision, source, source_course_id, client_code, completed_at, :decided_by, :reason
from decided
order by completed_at
