-- name: accreditations
select
    org_id,
    source,
    source_course_id,
    valid_from,
    valid_to,
    pe_course_id,
    external_course_code,
    pe_module_id,
    external_module_code,
    course_type,
    pe_edition_id,
    external_edition_id,
    pe_meeting_id,
    external_meeting_id
from core.accreditations
where org_id = :org_id and closed_at is null

-- name: completions
select source, source_course_id, client_code, completed_at, passed
from core.course_completions as completed
where exists (
    select from core.accreditations as granted
    where granted.org_id = :org_id
    and granted.closed_at is null
    and granted.source = completed.source
    and granted.source_course_id = completed.source_course_id
)

-- name: group
select org_id, active and closed_at is null as active, number_scheme, number_pattern
from core.profession_groups
where org_id = :org_id

-- name: held
-- What the ledger of a profession group holds; released: a person said that the item is to be offered all the same.
select
    held.client_code,
    held.source,
    held.source_course_id,
    held.passed_at,
    held.pe_course_id,
    held.external_course_code,
    held.pe_module_id,
    held.external_module_code,
    held.course_type,
    held.pe_edition_id,
    held.external_edition_id,
    held.pe_meeting_id,
    held.external_meeting_id,
    held.relation_number,
    held.end_date,
    item.status,
    exists (
        select from ops.outbox_decisions as decided
        where decided.item_id = held.item_id and decided.decision = 'resend'
        and decided.status_before in ('accepted', 'withheld')
    ) as released
from ops.pe_attendance as held
join ops.outbox as item using (item_id)
where held.org_id = :org_id

-- name: numbers
select number.client_code, number.scheme, number.value
from core.client_numbers as number
join core.profession_groups as grp on grp.number_scheme = number.scheme
where grp.org_id = :org_id and number.closed_at is null
