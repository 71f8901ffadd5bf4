-- name: listed
-- The first occurrences, after one of them, whose codes begin so and of which the ledger has enrolments; where a reason is
-- asked for, those whose enrolments are blocked for it.
select occurrences.occurrence_code
from core.occurrences
cross join lateral (
    select from mart.moodle_enrolments as held
    join core.moodle_writing as site using (source)
    where held.occurrence_code = occurrences.occurrence_code
    limit 1
) as listed
where occurrences.occurrence_code > :after
and starts_with(occurrences.occurrence_code, :search)
and (
    cast(:reason as text) is null
    or occurrences.occurrence_code = any(array(
        select distinct blocked.occurrence_code
        from ops.outbox as item
        join ops.moodle_enrolments as blocked using (item_id)
        where item.target = 'moodle'
        and item.kind = 'enrolments'
        and item.status in ('withheld', 'rejected', 'unknown')
        and item.reason = :reason
    ))
)
order by occurrences.occurrence_code
limit :most

-- name: occurrence
-- How an occurrence is switched.
select occurrence_code, name, send_automatically
from core.occurrences
where occurrence_code = :occurrence

-- name: page
-- Enrolments of an occurrence after one of them, in one state or all.
select
    transfer_id, enrolment_code, client_code, occurrence_code, source, source_course_id, state, on_its_way, reason, what_to_do, user_id,
    already, transferred_at, asked_by, withdrawn, withdrawn_at
from mart.moodle_enrolments
where occurrence_code = :occurrence
and (cast(:state as text) is null or state = :state)
and (cast(:reason as text) is null or reason = :reason)
and (enrolment_code, transfer_id) > (:after, cast(:after_id as bigint))
order by enrolment_code, transfer_id
limit :most
