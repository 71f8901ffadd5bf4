-- name: changed
-- Points that are offered in another way than the ledger has them, or of which it has only the fact. The date stays.
select item.item_id
from staged
join ops.outbox as item
    on item.target = :target and item.kind = :kind and item.fact = staged.fact
left join ops.pe_attendance as held using (item_id)
where held.item_id is null
or (
    held.relation_number,
    held.course_type,
    held.pe_edition_id,
    held.external_edition_id,
    held.pe_meeting_id,
    held.external_meeting_id
) is distinct from (
    staged.relation_number,
    staged.course_type,
    staged.pe_edition_id,
    staged.external_edition_id,
    staged.pe_meeting_id,
    staged.external_meeting_id
)

-- name: enter
-- How points are offered, for items that the ledger took from the plan.
insert into ops.pe_attendance (
    item_id,
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
    end_date
)
select
    item.item_id,
    staged.org_id,
    staged.client_code,
    staged.source,
    staged.source_course_id,
    staged.passed_at,
    staged.pe_course_id,
    staged.external_course_code,
    staged.pe_module_id,
    staged.external_module_code,
    staged.course_type,
    staged.pe_edition_id,
    staged.external_edition_id,
    staged.pe_meeting_id,
    staged.external_meeting_id,
    staged.relation_number,
    staged.end_date
from staged
join ops.outbox as item
    on item.target = :target and item.kind = :kind and item.fact = staged.fact
where item.item_id = any(cast(:offered as bigint []))
on conflict (item_id) do update
set
    course_type = excluded.course_type,
    pe_edition_id = excluded.pe_edition_id,
    external_edition_id = excluded.external_edition_id,
    pe_meeting_id = excluded.pe_meeting_id,
    external_meeting_id = excluded.external_meeting_id,
    relation_number = excluded.relation_number
returning item_id

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

-- name: number_changed
-- Points that stand under another relation number than the client's of today, until a person says that they are right.
-- Each number is looked up by its key: right after many came in there are no statistics that a join could be planned by.
select held.item_id
from ops.pe_attendance as held
join ops.outbox as item using (item_id)
where held.org_id = :org_id
and item.status = 'accepted'
and held.relation_number <> (
    select number.value
    from core.client_numbers as number
    where number.client_code = held.client_code
    and number.scheme = (select number_scheme from core.profession_groups where org_id = :org_id)
    and number.closed_at is null
)
and not exists (
    select from ops.outbox_decisions as decided
    where decided.item_id = held.item_id
    and (decided.decision, decided.status_before) = ('registered', 'accepted')
    and decided.decided_at > item.last_attempt_at
)

-- name: of_course
-- Points of a PE course, by its number or the provider's own code.
select item_id
from ops.pe_attendance
where :course in (pe_course_id, external_course_code)

-- name: persons
-- To whom points are offered.
select item_id, relation_number
from ops.pe_attendance
where item_id = any(:item_ids)

-- name: rows
-- Points as they are offered.
select
    item_id,
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
where item_id = any(:item_ids)
order by item_id

-- name: still_passed
-- Of these points those whose course still counts as passed.
select item_id
from ops.pe_attendance as held
join core.course_completions as completed
    on completed.source = held.source
    and completed.source_course_id = held.source_course_id
    and completed.client_code = held.client_code
    and completed.completed_at = held.passed_at
where held.item_id = any(:item_ids) and completed.passed
