-- name: changed
-- Items that are offered otherwise than the ledger has them.
select item.item_id
from staged
join ops.outbox as item
    on item.target = :target and item.kind = :kind and item.fact = staged.fact
left join ops.moodle_enrolments as held using (item_id)
where held.item_id is null
or (held.client_code, held.occurrence_code, held.start_date)
is distinct from (staged.client_code, staged.occurrence_code, staged.start_date)

-- name: enter
-- Who is enrolled where, of items that the ledger took from the plan.
insert into ops.moodle_enrolments (
    item_id, source, source_course_id, enrolment_code, client_code, occurrence_code, start_date
)
select
    item.item_id,
    staged.source,
    staged.source_course_id,
    staged.enrolment_code,
    staged.client_code,
    staged.occurrence_code,
    staged.start_date
from staged
join ops.outbox as item
    on item.target = :target and item.kind = :kind and item.fact = staged.fact
where item.item_id = any(cast(:offered as bigint []))
on conflict (item_id) do update
set
    client_code = excluded.client_code,
    occurrence_code = excluded.occurrence_code,
    start_date = excluded.start_date
returning item_id

-- name: facts
-- Every enrolment of an occurrence that a course of the site is linked to, with all that decides whether it is sent.
with asked_out as (
    select distinct on (leaving.source_course_id, leaving.enrolment_code)
        leaving.source_course_id,
        leaving.enrolment_code,
        case when decisions.decision = 'resend' then item.business_key ->> 'how' end as how
    from ops.moodle_enrolments as leaving
    join ops.outbox as item on item.item_id = leaving.item_id and item.kind = :withdrawals
    join ops.outbox_decisions as decisions on decisions.item_id = leaving.item_id
    where leaving.source = :source and decisions.decision in ('resend', 'taken_back')
    order by leaving.source_course_id, leaving.enrolment_code, decisions.decision_id desc
)

select distinct on (linked.source_course_id, e.enrolment_code)
    linked.source_course_id,
    e.enrolment_code,
    e.client_code,
    e.occurrence_code,
    case when e.status = 'active' and ended.enrolment_code is not null then 'completed' else e.status end as status,
    e.start_date,
    coalesce(occurrences.send_automatically, site.send_automatically) as automatic,
    coalesce((
        select decision = 'resend' from ops.outbox_decisions
        where item_id = held.item_id and decision in ('resend', 'taken_back')
        order by decision_id desc
        limit 1
    ), false) as asked,
    coalesce(item.status = 'accepted', false) as transferred,
    asked_out.how as asked_out,
    account.status as account_status,
    account.reason as account_reason
from core.moodle_writing as site
join core.linked_courses as linked using (source)
left join core.courses using (source, source_course_id)
join core.occurrences using (occurrence_code)
join core.enrolments as e using (occurrence_code)
left join core.enrolment_completions as ended using (enrolment_code)
left join (
    ops.moodle_enrolments as held
    join ops.outbox as item on item.item_id = held.item_id and item.kind = :kind
)
    on held.source = site.source
    and held.enrolment_code = e.enrolment_code
    and held.source_course_id = linked.source_course_id
left join asked_out
    on asked_out.source_course_id = linked.source_course_id and asked_out.enrolment_code = e.enrolment_code
left join lateral (
    select last.status, last.reason
    from ops.moodle_people as person
    join ops.outbox as last on last.item_id = person.item_id and last.kind = :accounts
    where person.source = site.source and person.client_code = e.client_code
    order by last.item_id desc
    limit 1
) as account on true
where site.source = :source
and linked.in_force
and courses.gone is not true
and e.closed_at is null
order by linked.source_course_id, e.enrolment_code

-- name: list
select
    enrolment_code, client_code, occurrence_code, source, source_course_id, state, on_its_way, reason, user_id,
    transferred_at, withdrawn, what_to_do
from mart.moodle_enrolments
where (cast(:occurrences as text []) is null or occurrence_code = any(cast(:occurrences as text [])))
and (cast(:state as text) is null or state = :state)
order by source, occurrence_code, enrolment_code

-- name: occurrences
-- How the enrolments of each linked occurrence stand, as of the last plan.
select
    held.occurrence_code,
    occurrences.name,
    occurrences.status,
    held.source,
    array_to_string(array_agg(distinct held.source_course_id), ', ') as courses,
    occurrences.send_automatically as switched,
    coalesce(occurrences.send_automatically, site.send_automatically) as sends_automatically,
    count(*) filter (where held.state = 'ready') as ready,
    count(*) filter (where held.on_its_way) as on_its_way,
    count(*) filter (where held.state = 'transferred') as transferred,
    count(*) filter (where held.state = 'blocked') as blocked
from mart.moodle_enrolments as held
join core.occurrences using (occurrence_code)
join core.moodle_writing as site using (source)
where cast(:occurrences as text []) is null or held.occurrence_code = any(cast(:occurrences as text []))
group by held.source, held.occurrence_code, occurrences.occurrence_code, site.source
order by held.occurrence_code, held.source

-- name: preview
-- Every enrolment that is due, also of people whose account is still to be found or made.
select
    item.item_id,
    held.enrolment_code,
    held.client_code,
    held.source_course_id,
    held.start_date,
    linked.user_id
from ops.outbox as item
join ops.moodle_enrolments as held using (item_id)
left join core.moodle_accounts as linked using (source, client_code)
where item.item_id = any(:item_ids)
order by held.source_course_id, item.item_id

-- name: record
-- With what somebody was enrolled: Moodle shows neither times nor status afterwards.
update ops.moodle_enrolments
set user_id = :user_id, role_id = :role_id, timestart = :timestart, already = :already
where item_id = :item_id

-- name: rows
-- What is to be known of items when they are sent, of people whose account is known. before: an earlier enrolment of the
-- person in the course was withdrawn, so that enrolling again is what brings the person back.
select
    item.item_id,
    item.source_course_id,
    item.enrolment_code,
    item.client_code,
    item.start_date,
    known.user_id,
    sent.role_id,
    sent.timestart,
    sent.already,
    exists(
        select from ops.moodle_enrolments as withdrawn
        join ops.outbox as done using (item_id)
        where withdrawn.source = item.source
        and withdrawn.source_course_id = item.source_course_id
        and withdrawn.client_code = item.client_code
        and withdrawn.enrolment_code <> item.enrolment_code
        and done.kind = :withdrawals
        and done.status = 'accepted'
    ) as before,
    fact.business_key ->> 'how' as how
from ops.moodle_enrolments as item
join ops.outbox as fact using (item_id)
cross join lateral (
    select user_id from core.account_holders
    where scheme = 'moodle:' || item.source and client_code = item.client_code
    offset 0
) as known
join core.moodle_accounts as linked
    on linked.source = item.source
    and linked.client_code = item.client_code
    and linked.user_id = known.user_id
left join (
    ops.moodle_enrolments as sent
    join ops.outbox as done on done.item_id = sent.item_id and done.kind = :kind
)
    on sent.source = item.source
    and sent.source_course_id = item.source_course_id
    and sent.enrolment_code = item.enrolment_code
where item.item_id = any(:item_ids)
order by item.source_course_id, item.item_id

-- name: state
select state from mart.moodle_enrolments where enrolment_code = :enrolment_code

-- name: waiting
-- What a person may have sent: enrolments that are ready, were refused or whose answer was lost, those of whose account
-- that is so, and such accounts.
with chosen as (
    select
        held.item_id,
        held.source,
        held.client_code,
        held.enrolment_code,
        item.status,
        item.reason
    from ops.moodle_enrolments as held
    join ops.outbox as item using (item_id)
    where item.kind = :enrolments
    and (cast(:occurrences as text []) is null or held.occurrence_code = any(cast(:occurrences as text [])))
    and (cast(:codes as text []) is null or held.enrolment_code = any(cast(:codes as text [])))
),

accounts as (
    select
        person.item_id,
        person.source,
        person.client_code,
        item.status
    from ops.moodle_people as person
    join ops.outbox as item using (item_id)
    where item.kind = :accounts
)

select
    chosen.source,
    chosen.item_id,
    chosen.enrolment_code,
    chosen.status
from chosen
where chosen.status in ('pending', 'rejected', 'unknown')
or (chosen.status = 'withheld' and (chosen.reason = :waits or exists(
    select from accounts
    where accounts.source = chosen.source
    and accounts.client_code = chosen.client_code
    and accounts.status in ('rejected', 'unknown')
)))
union all
select
    accounts.source,
    accounts.item_id,
    null,
    accounts.status
from accounts
where accounts.status in ('pending', 'rejected', 'unknown')
and exists(
    select from chosen
    where chosen.source = accounts.source and chosen.client_code = accounts.client_code
)
order by item_id

-- name: leaving
-- Enrolments that a person may have suspended or removed.
select
    held.source,
    held.item_id,
    held.enrolment_code,
    item.status
from ops.moodle_enrolments as held
join ops.outbox as item using (item_id)
where item.kind = :withdrawals
and item.business_key ->> 'how' = :how
and item.status in ('pending', 'withheld', 'rejected', 'unknown')
and item.reason is distinct from :no_longer
and held.enrolment_code = any(:codes)
order by held.item_id
