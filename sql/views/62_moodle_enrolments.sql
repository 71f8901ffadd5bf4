-- Account, who asked and what was withdrawn are aggregates, of which there is one row: so a query that shows none of
-- them, such as a count, does not look for them.
create or replace view mart.moodle_enrolments as
select
    item.item_id as transfer_id,
    held.enrolment_code,
    held.client_code,
    held.occurrence_code,
    held.source,
    held.source_course_id,
    case
        when item.status = 'accepted' then 'transferred'
        when item.status in ('pending', 'sending') or item.reason = 'waits_for_person' then 'ready'
        else 'blocked'
    end as state,
    item.status = 'pending' as on_its_way,
    case when item.reason <> 'waits_for_person' then item.reason end as reason,
    case when item.reason <> 'waits_for_person' then item.explanation end as what_to_do,
    coalesce(held.user_id, known.user_id) as user_id,
    held.already,
    case when item.status = 'accepted' then item.last_attempt_at end as transferred_at,
    asked.decided_by as asked_by,
    gone.withdrawn,
    gone.withdrawn_at
from ops.moodle_enrolments as held
join ops.outbox as item on item.item_id = held.item_id and item.kind = 'enrolments'
left join lateral (
    select min(user_id) as user_id
    from core.account_holders
    where scheme = 'moodle:' || held.source and client_code = held.client_code
) as known on true
left join lateral (
    select (array_agg(decided_by order by decided_at desc))[1] as decided_by
    from ops.outbox_decisions
    where item_id = item.item_id and decision = 'resend'
) as asked on true
left join lateral (
    select
        (array_agg(done.business_key ->> 'how' order by done.last_attempt_at desc))[1] as withdrawn,
        (array_agg(done.last_attempt_at order by done.last_attempt_at desc))[1] as withdrawn_at
    from ops.moodle_enrolments as withdrawal
    join ops.outbox as done on done.item_id = withdrawal.item_id and done.kind = 'withdrawals'
    where withdrawal.source = held.source
    and withdrawal.source_course_id = held.source_course_id
    and withdrawal.enrolment_code = held.enrolment_code
    and done.status = 'accepted'
) as gone on true
where item.reason is distinct from 'no_longer_wished';

comment on view mart.moodle_enrolments is 'Enrolments of occurrences that a Moodle course is linked to, and how each stands there: ready, transferred, or blocked with the reason and what to do';
comment on column mart.moodle_enrolments.transfer_id is 'Number of the row in the ledger';
comment on column mart.moodle_enrolments.enrolment_code is 'The enrolment';
comment on column mart.moodle_enrolments.client_code is 'Whose it is';
comment on column mart.moodle_enrolments.occurrence_code is 'In which occurrence';
comment on column mart.moodle_enrolments.source is 'The site';
comment on column mart.moodle_enrolments.source_course_id is 'Course there that is linked to the occurrence';
comment on column mart.moodle_enrolments.state is 'ready, transferred or blocked';
comment on column mart.moodle_enrolments.on_its_way is 'Whether it goes with the next run: its occurrence sends automatically, or a person asked for it';
comment on column mart.moodle_enrolments.reason is 'Why it is blocked, as a code';
comment on column mart.moodle_enrolments.what_to_do is 'The same in plain words, with what to do';
comment on column mart.moodle_enrolments.user_id is 'Account of the person in Moodle, where it is known';
comment on column mart.moodle_enrolments.already is 'Whether the person was in the course before the transfer, so that nothing was sent';
comment on column mart.moodle_enrolments.transferred_at is 'When it was transferred';
comment on column mart.moodle_enrolments.asked_by is 'Who had it transferred; empty: it went by itself';
comment on column mart.moodle_enrolments.withdrawn is 'What became of it in Moodle after it was withdrawn: suspend or unenrol';
comment on column mart.moodle_enrolments.withdrawn_at is 'When';

create or replace view mart.moodle_changes as
select
    item.item_id as transfer_id,
    item.last_attempt_at as done_at,
    person.source,
    person.client_code,
    accounts.user_id,
    case
        when item.kind = 'accounts' and accounts.origin = 'made' then 'account made'
        when item.kind = 'accounts' then 'account linked'
        when 'suspended' = any(person.changed) and person.suspended then 'account suspended'
        when 'suspended' = any(person.changed) then 'account active again'
        when 'username' = any(person.changed) then 'account renamed'
        else 'account changed'
    end as change,
    array_to_string(person.changed, ', ') as fields,
    cast(null as text) as source_course_id,
    cast(null as text) as enrolment_code,
    asked.decided_by as asked_by,
    tried.run_id
from ops.moodle_people as person
join ops.outbox as item using (item_id)
left join core.moodle_accounts as accounts using (source, client_code)
left join lateral (
    select decisions.decided_by
    from ops.moodle_enrolments as held
    join ops.outbox as enrolment on enrolment.item_id = held.item_id and enrolment.kind = 'enrolments'
    join ops.outbox_decisions as decisions on decisions.item_id = held.item_id and decisions.decision = 'resend'
    where item.kind = 'accounts'
    and held.source = person.source
    and held.client_code = person.client_code
    and decisions.decided_at <= item.last_attempt_at
    order by decisions.decided_at desc
    limit 1
) as asked on true
left join lateral (
    select run_id from ops.outbox_attempts
    where item_id = item.item_id
    order by attempt_id desc
    limit 1
) as tried on true
where item.status = 'accepted'
union all
select
    item.item_id,
    item.last_attempt_at,
    held.source,
    held.client_code,
    known.user_id,
    case item.business_key ->> 'how' when 'unenrol' then 'enrolment removed' else 'enrolment suspended' end,
    cast(null as text),
    held.source_course_id,
    held.enrolment_code,
    asked.decided_by,
    tried.run_id
from ops.moodle_enrolments as held
join ops.outbox as item on item.item_id = held.item_id and item.kind = 'withdrawals'
left join core.account_holders as known
    on known.scheme = 'moodle:' || held.source and known.client_code = held.client_code
left join lateral (
    select decided_by from ops.outbox_decisions
    where item_id = item.item_id and decision = 'resend'
    order by decided_at desc
    limit 1
) as asked on true
left join lateral (
    select run_id from ops.outbox_attempts
    where item_id = item.item_id
    order by attempt_id desc
    limit 1
) as tried on true
where item.status = 'accepted';

comment on view mart.moodle_changes is 'What was changed in Moodle of people: accounts that were made, linked, renamed or suspended, enrolments that were suspended or removed, and who asked for it; ids and names of fields only';
comment on column mart.moodle_changes.transfer_id is 'Number of the row in the ledger';
comment on column mart.moodle_changes.done_at is 'When it was done';
comment on column mart.moodle_changes.source is 'The site';
comment on column mart.moodle_changes.client_code is 'Whose account or enrolment it is';
comment on column mart.moodle_changes.user_id is 'Account in Moodle';
comment on column mart.moodle_changes.change is 'account made, linked, renamed, changed, suspended or active again; enrolment suspended or removed';
comment on column mart.moodle_changes.fields is 'Which fields of the account were changed';
comment on column mart.moodle_changes.source_course_id is 'Course, of an enrolment';
comment on column mart.moodle_changes.enrolment_code is 'The enrolment';
comment on column mart.moodle_changes.asked_by is 'Who asked for it; empty: it followed from the administration';
comment on column mart.moodle_changes.run_id is 'Run that did it';
