-- name: keep_ledger
-- What would be sent, or offered again, before a change is tried.
create temporary table ledger_before on commit drop as
select item_id, status
from ops.outbox
where status in ('pending', 'rejected')

-- name: totals
-- What is recorded, and how much of it these runs wrote.
select
    (select count(*) from core.unit_results) as results,
    (select count(*) from core.unit_results where run_id = any(:run_ids)) as results_written,
    (select count(*) from core.proposed_results) as proposals,
    (select count(*) from core.proposed_results where run_id = any(:run_ids)) as proposals_written,
    (select count(*) from core.course_completions) as completions,
    (select count(*) from core.enrolment_completions) as enrolments,
    (select count(*) from core.registrations) as registrations,
    (select count(*) from core.registrations where run_id = any(:run_ids)) as registrations_written,
    (select count(*) from core.earned_competences where run_id = any(:run_ids)) as competences,
    (select count(*) from core.corrected_competences where corrected_by = any(:run_ids)) as competences_fallen,
    (
        select count(*)
        from core.asked_courses as asked
        where asked.asked in ('every night', 'every week')
        and not exists (
            select from raw.landings as landed
            where landed.source = asked.source and landed.scope = asked.source_course_id
        )
    ) as courses_unread

-- name: points
-- Points that a change would have sent, or would hold back, by accreditation.
select
    held.org_id,
    held.source,
    held.source_course_id,
    coalesce(held.pe_course_id, held.external_course_code) as pe_course,
    count(*) filter (where item.status = 'pending') as points,
    count(distinct held.client_code) filter (where item.status = 'pending') as people,
    count(*) filter (where item.status = 'withheld') as held_back
from ops.outbox as item
join ops.pe_attendance as held using (item_id)
left join ledger_before as before using (item_id)
where item.target = :target
and item.kind = :kind
and (
    (item.status = 'pending' and before.status is distinct from 'pending')
    or (item.status = 'withheld' and before.status in ('pending', 'rejected'))
)
group by 1, 2, 3, 4
order by 1, 2, 3, 4

-- name: told
-- How many results a change would have Coachview told.
select count(*) as results
from ops.outbox as item
left join ledger_before as before using (item_id)
where item.target = :target
and item.kind = :kind
and item.status = 'pending'
and before.status is distinct from 'pending'
