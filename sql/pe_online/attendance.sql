-- name: activate
-- The account went live: what was accepted in test mode booked nothing and is sent again.
update ops.pe_attendance
set status = 'pending', first_due_at = clock_timestamp()
where org_id = :org_id and status = 'accepted_in_test'

-- name: claim
-- What is sent is what this returns; a row that was withheld or settled meanwhile is not claimed.
with claimed as (
    update ops.pe_attendance
    set
        status = 'sending',
        reason = null,
        explanation = null,
        next_attempt_at = null,
        attempts = attempts + 1,
        last_attempt_at = clock_timestamp()
    where attendance_id = any(:attendance_ids) and status in ('pending', 'rejected', 'unknown')
    returning *
),

attempted as (
    insert into ops.pe_attempts (attendance_id, call_id, run_id, connection_id, mode)
    select attendance_id, :call_id, :run_id, :connection_id, :mode from claimed
)

select
    attendance_id,
    course_type,
    relation_number,
    end_date,
    pe_course_id,
    external_course_code,
    pe_module_id,
    external_module_code,
    pe_edition_id,
    external_edition_id,
    pe_meeting_id,
    external_meeting_id
from claimed
order by attendance_id

-- name: due
-- What a push would send now. Oldest first, so that nobody waits for ever.
select attendance_id, relation_number, status, course_type
from ops.pe_attendance
where org_id = :org_id
and (
    status in ('pending', 'sending')
    or (status = 'rejected' and next_attempt_at <= clock_timestamp())
    or (status = 'unknown' and course_type = any(:resendable))
)
order by first_due_at, attendance_id

-- name: find
-- Rows that a person decides about, by their numbers or by what they have in common.
select attendance_id
from ops.pe_attendance
where status = :status
and (status <> 'withheld' or reason = any(cast(:claims as text [])))
and (cast(:attendance_ids as bigint []) is null or attendance_id = any(:attendance_ids))
and (cast(:org_id as integer) is null or org_id = :org_id)
and (cast(:course as text) is null or :course in (pe_course_id, external_course_code))
and (cast(:reason as text) is null or reason = :reason)
and (cast(:since as date) is null or last_attempt_at >= cast(:since as timestamp) at time zone :timezone)
and (
    cast(:until as date) is null
    or last_attempt_at < (cast(:until as timestamp) + interval '1 day') at time zone :timezone
)
order by attendance_id
for update

-- name: list
select
    attendance_id,
    org_id,
    client_code,
    source_course_id,
    coalesce(pe_course_id, external_course_code) as pe_course,
    left(end_date, 10) as passed_on,
    status,
    reason,
    last_cause,
    attempts,
    last_attempt_at
from mart.pe_attendance
where (cast(:status as text) is null or status = :status)
and (cast(:org_id as integer) is null or org_id = :org_id)
and (cast(:reason as text) is null or reason = :reason)
order by org_id, attendance_id

-- name: merge
-- What is due or withheld according to the results, for rows that are not with PE-Online. The date stays as it
-- was; a rejected row comes back when its number or mapping changed.
insert into ops.pe_attendance as held (
    org_id,
    client_code,
    source,
    source_course_id,
    passed_at,
    pe_course_id,
    external_course_code,
    pe_module_id,
    external_module_code,
    course_type,
    pe_edition_id,
    external_edition_id,
    pe_meeting_id,
    external_meeting_id,
    relation_number,
    end_date,
    status,
    reason,
    explanation,
    first_due_at
)
select staged.*, case when staged.status = 'pending' then clock_timestamp() end
from staged
on conflict on constraint business_fact do update
set
    course_type = excluded.course_type,
    pe_edition_id = excluded.pe_edition_id,
    external_edition_id = excluded.external_edition_id,
    pe_meeting_id = excluded.pe_meeting_id,
    external_meeting_id = excluded.external_meeting_id,
    relation_number = excluded.relation_number,
    status = excluded.status,
    reason = excluded.reason,
    explanation = excluded.explanation,
    next_attempt_at = null,
    first_due_at = case when held.status = 'pending' then held.first_due_at else excluded.first_due_at end
where held.status in ('pending', 'withheld', 'rejected')
and (
    (
        (held.status, excluded.status) is distinct from ('rejected', 'pending')
        and (held.status, held.reason) is distinct from (excluded.status, excluded.reason)
    )
    or (
        held.relation_number,
        held.course_type,
        held.pe_edition_id,
        held.external_edition_id,
        held.pe_meeting_id,
        held.external_meeting_id
    ) is distinct from (
        excluded.relation_number,
        excluded.course_type,
        excluded.pe_edition_id,
        excluded.external_edition_id,
        excluded.pe_meeting_id,
        excluded.external_meeting_id
    )
)
returning held.attendance_id

-- name: number_changed
-- Points that stand under another relation number than the client's of today, until a person says that they are right.
with judged as (
    select
        held.attendance_id,
        coalesce(number.value <> held.relation_number, false)
        and not exists (
            select from ops.pe_decisions as decided
            where decided.attendance_id = held.attendance_id
            and (decided.decision, decided.status_before) = ('registered', 'accepted')
            and decided.decided_at > held.last_attempt_at
        ) as changed
    from ops.pe_attendance as held
    join core.profession_groups as registered using (org_id)
    left join core.client_numbers as number
        on number.client_code = held.client_code
        and number.scheme = registered.number_scheme
        and number.closed_at is null
    where held.org_id = :org_id and held.status = 'accepted'
)

update ops.pe_attendance as held
set
    reason = case when judged.changed then cast(:reason as text) end,
    explanation = case when judged.changed then cast(:explanation as text) end
from judged
where held.attendance_id = judged.attendance_id
and judged.changed <> (held.reason is not distinct from :reason)

-- name: open_cases
-- Rows that a person may have to do something about; ids only.
select
    org_id::text as scope,
    'pe_attendance' as resource,
    concat_ws(
        '/', client_code, source, source_course_id, coalesce(pe_course_id, external_course_code),
        coalesce(pe_module_id, external_module_code), left(end_date, 10)
    ) as record_key,
    reason as reason_code,
    explanation as reason
from ops.pe_attendance
where org_id = :org_id
and (
    (status in ('withheld', 'rejected', 'unknown') and reason <> all(cast(:nothing_to_do as text [])))
    or (status = 'accepted' and reason = :number_changed)
)

-- name: planned
-- How the staged rows stand after the merge, each outcome counted by itself. A row that did not reach the ledger, or
-- that the merge wrote and that stands as something else now, is in none of them.
select
    count(*) filter (where held.status = 'pending' and merge.wrote_it) as written,
    count(*) filter (where held.status <> 'withheld' and not merge.wrote_it) as unchanged,
    count(*) filter (where held.status = 'withheld' and held.reason <> :claimed) as rejected,
    count(*) filter (where held.status = 'withheld' and held.reason = :claimed) as ignored
from staged
join ops.pe_attendance as held
    on held.org_id = staged.org_id
    and held.client_code = staged.client_code
    and held.source = staged.source
    and held.source_course_id = staged.source_course_id
    and held.passed_at = staged.passed_at
    and coalesce(held.pe_course_id, '') = coalesce(staged.pe_course_id, '')
    and coalesce(held.external_course_code, '') = coalesce(staged.external_course_code, '')
    and coalesce(held.pe_module_id, '') = coalesce(staged.pe_module_id, '')
    and coalesce(held.external_module_code, '') = coalesce(staged.external_module_code, '')
cross join lateral (select held.attendance_id = any(cast(:merged as bigint [])) as wrote_it) as merge

-- name: pushed
-- How the rows of a push stand after it, each outcome counted by itself. A row that still stands as being sent is in
-- none of them: its answer was lost on the way to the ledger.
select
    count(*) filter (where status in ('accepted', 'accepted_in_test')) as written,
    count(*) filter (where status in ('pending', 'unknown')) as unchanged,
    count(*) filter (where status = 'rejected') as rejected,
    count(*) filter (where status = 'withheld') as ignored
from ops.pe_attendance
where attendance_id = any(:attendance_ids)

-- name: record
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

-- name: recover
-- Whoever holds the lock and finds a row in sending knows that the former pusher died with it.
with abandoned as (
    update ops.pe_attendance
    set status = 'unknown', reason = :reason, explanation = :explanation
    where org_id = :org_id and status = 'sending'
    returning attendance_id, course_type
),

closed as (
    update ops.pe_attempts
    set finished_at = clock_timestamp(), outcome = 'unknown', error_code = 'pusher_died', cause = 'the push ended before the answer came'
    from abandoned
    where pe_attempts.attendance_id = abandoned.attendance_id and pe_attempts.outcome = 'sending'
)

select attendance_id, course_type from abandoned

-- name: refuse
update ops.pe_attendance
set status = 'rejected', reason = :reason, explanation = :explanation, next_attempt_at = null
where attendance_id = any(:attendance_ids) and status in ('pending', 'unknown')

-- name: resend
-- What a person has offered again, and that the person did.
with decided as (
    insert into ops.pe_decisions (attendance_id, decision, decided_by, status_before)
    select attendance_id, 'resend', :decided_by, status
    from ops.pe_attendance
    where attendance_id = any(:attendance_ids)
)

update ops.pe_attendance
set status = 'pending', reason = null, explanation = null, next_attempt_at = null, first_due_at = clock_timestamp()
where attendance_id = any(:attendance_ids)

-- name: rows
select
    attendance_id,
    course_type,
    relation_number,
    end_date,
    pe_course_id,
    external_course_code,
    pe_module_id,
    external_module_code,
    pe_edition_id,
    external_edition_id,
    pe_meeting_id,
    external_meeting_id
from ops.pe_attendance
where attendance_id = any(:attendance_ids)
order by attendance_id

-- name: settle
-- A person looked rows up at PE-Online: registered, or not (then they are sent again). Points that stand under a former
-- number may be said to be registered as they should be: PE-Online moved them.
with wanted as (
    select attendance_id, status
    from ops.pe_attendance
    where attendance_id = any(:attendance_ids)
    and (status = 'unknown' or (status = 'accepted' and reason = :number_changed and :registered))
    for update
),

settled as (
    update ops.pe_attendance as held
    set
        status = case
            when not :registered then 'pending'
            when wanted.status = 'accepted' then 'accepted'
            when (
                select mode from ops.pe_attempts
                where attendance_id = held.attendance_id
                order by attempt_id desc limit 1
            ) = 'test' then 'accepted_in_test'
            else 'accepted'
        end,
        reason = null,
        explanation = null,
        first_due_at = clock_timestamp()
    from wanted
    where held.attendance_id = wanted.attendance_id
)

insert into ops.pe_decisions (attendance_id, decision, decided_by, status_before)
select attendance_id, case when :registered then 'registered' else 'not_registered' end, :decided_by, status
from wanted
returning attendance_id

-- name: withdraw
-- Rows that were not sent, or will not be accepted, and that no passed course and accreditation hold any more.
update ops.pe_attendance as held
set
    status = 'withheld',
    reason = given.reason,
    explanation = given.explanation,
    next_attempt_at = null
from (
    values (true, cast(:no_pass as text), cast(:no_pass_words as text)), (false, :not_accredited, :not_accredited_words)
) as given (pass_is_gone, reason, explanation)
where held.org_id = :org_id
and held.status in ('pending', 'withheld', 'rejected')
and given.pass_is_gone = not exists (
    select from core.course_completions as completed
    where (completed.source, completed.source_course_id, completed.client_code, completed.completed_at)
    = (held.source, held.source_course_id, held.client_code, held.passed_at)
    and completed.passed
)
and (held.status, held.reason) is distinct from ('withheld', given.reason)
and not exists (
    select from staged
    where staged.client_code = held.client_code
    and staged.source = held.source
    and staged.source_course_id = held.source_course_id
    and staged.passed_at = held.passed_at
    and coalesce(staged.pe_course_id, '') = coalesce(held.pe_course_id, '')
    and coalesce(staged.external_course_code, '') = coalesce(held.external_course_code, '')
    and coalesce(staged.pe_module_id, '') = coalesce(held.pe_module_id, '')
    and coalesce(staged.external_module_code, '') = coalesce(held.external_module_code, '')
)
