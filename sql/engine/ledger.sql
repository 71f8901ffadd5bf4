-- name: activate
-- The account went live: what was accepted in test mode did nothing there and is sent again.
update ops.outbox
set status = 'pending', first_due_at = clock_timestamp()
where target = :target and kind = :kind and account = :account and status = 'accepted_in_test'

-- name: add_facts
-- Each staged fact by its hash, as the ledger has it.
alter table staged add column fact bytea generated always as (ops.fact_of(business_key)) stored

-- name: as_it_is
-- How an item stands that somebody decides about: whatever becomes of it waits for that.
select status, attempts
from ops.outbox
where item_id = :item_id and target = :target and kind = :kind
for update

-- name: claim
-- What is sent is what this returns; an item that was withheld or settled meanwhile is not claimed.
with claimed as (
    update ops.outbox
    set
        status = 'sending',
        reason = null,
        explanation = null,
        next_attempt_at = null,
        attempts = attempts + 1,
        last_attempt_at = clock_timestamp()
    where item_id = any(:item_ids) and status in ('pending', 'rejected', 'unknown')
    returning item_id
),

attempted as (
    insert into ops.outbox_attempts (item_id, call_id, run_id, connection_id, mode)
    select item_id, :call_id, :run_id, :connection_id, :mode from claimed
)

select item_id from claimed order by item_id

-- name: doubt
-- Accepted items that somebody has to look at again, and those that nobody has to any more.
update ops.outbox
set
    reason = case when item_id = any(cast(:item_ids as bigint [])) then cast(:reason as text) end,
    explanation = case when item_id = any(cast(:item_ids as bigint [])) then cast(:explanation as text) end
where target = :target
and kind = :kind
and account = :account
and status = 'accepted'
and (item_id = any(cast(:item_ids as bigint []))) <> (reason is not distinct from :reason)

-- name: due
-- What a push sends now, or looks up first where its outcome is unknown and read back. Oldest first, so that nobody
-- waits for ever.
select item_id, status, if_unknown
from ops.outbox
where target = :target
and kind = :kind
and account = :account
and (
    status in ('pending', 'sending')
    or (status = 'rejected' and next_attempt_at <= clock_timestamp())
    or (status = 'unknown' and if_unknown <> 'person')
)
order by first_due_at, item_id

-- name: ever_planned
select item_id
from ops.outbox
where target = :target and kind = :kind and account = :account
limit 1

-- name: find
-- Items that a person decides about, by their numbers or by what they have in common; among: of these only.
select item_id
from ops.outbox
where target = :target
and kind = :kind
and status = :status
and (status <> 'withheld' or reason = any(cast(:releasable as text [])))
and (cast(:item_ids as bigint []) is null or item_id = any(:item_ids))
and (cast(:among as bigint []) is null or item_id = any(:among))
and (cast(:account as text) is null or account = :account)
and (cast(:reason as text) is null or reason = :reason)
and (cast(:since as date) is null or last_attempt_at >= cast(:since as timestamp) at time zone :timezone)
and (
    cast(:until as date) is null
    or last_attempt_at < (cast(:until as timestamp) + interval '1 day') at time zone :timezone
)
order by item_id
for update

-- name: offer
-- What is due or withheld, for items that are not with the target. A rejected one comes back when what it says changed.
insert into ops.outbox as held
(target, kind, account, business_key, record_key, if_unknown, status, reason, explanation, first_due_at)
select
    :target,
    :kind,
    :account,
    business_key,
    record_key,
    if_unknown,
    status,
    reason,
    explanation,
    case when status = 'pending' then clock_timestamp() end
from staged
on conflict on constraint one_item_a_fact do update
set
    if_unknown = excluded.if_unknown,
    status = excluded.status,
    reason = excluded.reason,
    explanation = excluded.explanation,
    next_attempt_at = null,
    first_due_at = case when held.status = 'pending' then held.first_due_at else excluded.first_due_at end
where held.status in ('pending', 'withheld', 'rejected')
and (
    held.item_id = any(cast(:changed as bigint []))
    or (
        (held.status, excluded.status) is distinct from ('rejected', 'pending')
        and (held.status, held.reason) is distinct from (excluded.status, excluded.reason)
    )
)
returning item_id

-- name: open_cases
-- Items that a person may have to do something about; ids only.
select
    account as scope,
    cast(:resource as text) as resource,
    record_key,
    reason as reason_code,
    explanation as reason
from ops.outbox
where target = :target
and kind = :kind
and account = :account
and (
    (status in ('withheld', 'rejected', 'unknown') and reason <> all(cast(:nothing_to_do as text [])))
    or (status = 'accepted' and reason = any(cast(:doubts as text [])))
)

-- name: planned
-- How the staged items stand after a plan, each outcome counted by itself. One that did not reach the ledger, or that
-- the plan offered and that stands as something else now, or whose details were not written, is in none of them.
select
    count(*) filter (where item.status = 'pending' and item.item_id = any(cast(:entered as bigint []))) as written,
    count(*) filter (where item.status <> 'withheld' and item.item_id <> all(cast(:offered as bigint []))) as unchanged,
    count(*) filter (where item.status = 'withheld' and not moot) as rejected,
    count(*) filter (where item.status = 'withheld' and moot) as ignored
from staged
join ops.outbox as item
    on item.target = :target and item.kind = :kind and item.fact = staged.fact
cross join lateral (select item.reason = any(cast(:nothing_to_do as text [])) as moot) as judged

-- name: pushed
-- How the items of a push stand after it, each outcome counted by itself. One that still stands as being sent is in
-- none of them: its answer was lost on the way to the ledger.
select
    count(*) filter (where status in ('accepted', 'accepted_in_test')) as written,
    count(*) filter (where status in ('pending', 'unknown')) as unchanged,
    count(*) filter (where status = 'rejected') as rejected,
    count(*) filter (where status = 'withheld') as ignored
from ops.outbox
where item_id = any(:item_ids)

-- name: record
-- The outcome of a call, item by item. A rejected one that may succeed later is offered again until it is too old.
with outcome as (
    select *
    from jsonb_to_recordset(cast(:outcomes as jsonb)) as given (
        item_id bigint,
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
    update ops.outbox as held
    set
        status = outcome.status,
        reason = outcome.reason,
        explanation = outcome.explanation,
        next_attempt_at = case
            when outcome.retry and held.first_due_at > clock_timestamp() - make_interval(days => :retry_days)
                then clock_timestamp() + make_interval(hours => :retry_hours)
        end
    from outcome
    where held.item_id = outcome.item_id and held.status = 'sending'
)

update ops.outbox_attempts as tried
set finished_at = clock_timestamp(), outcome = outcome.attempt, error_code = outcome.error_code, cause = outcome.cause
from outcome
where tried.call_id = :call_id and tried.item_id = outcome.item_id

-- name: recover
-- Whoever holds the account and finds an item in sending knows that the former pusher died with it.
with abandoned as (
    update ops.outbox
    set status = 'unknown', reason = :reason, explanation = :explanation
    where target = :target and account = :account and status = 'sending'
    returning item_id, if_unknown
),

closed as (
    update ops.outbox_attempts as tried
    set finished_at = clock_timestamp(), outcome = 'unknown', error_code = 'pusher_died', cause = 'the push ended before the answer came'
    from abandoned
    where tried.item_id = abandoned.item_id and tried.outcome = 'sending'
)

select if_unknown from abandoned

-- name: reject
update ops.outbox
set status = 'rejected', reason = :reason, explanation = :explanation, next_attempt_at = null
where item_id = any(:item_ids) and status in ('pending', 'unknown')

-- name: resend
-- What a person has offered again, and that the person did.
with decided as (
    insert into ops.outbox_decisions (item_id, decision, decided_by, status_before)
    select item_id, 'resend', :decided_by, status
    from ops.outbox
    where item_id = any(:item_ids)
)

update ops.outbox
set status = 'pending', reason = null, explanation = null, next_attempt_at = null, first_due_at = clock_timestamp()
where item_id = any(:item_ids)

-- name: settle
-- A person looked items up at the target: registered, or not (then they are sent again). Accepted ones that somebody had
-- to look at again may be said to be registered as they should be.
with wanted as (
    select item_id, status
    from ops.outbox
    where target = :target
    and kind = :kind
    and item_id = any(:item_ids)
    and (
        status = 'unknown'
        or (status = 'accepted' and reason = any(cast(:doubts as text [])) and :registered)
    )
    for update
),

settled as (
    update ops.outbox as held
    set
        status = case
            when not :registered then 'pending'
            when wanted.status = 'accepted' then 'accepted'
            when (
                select mode from ops.outbox_attempts
                where item_id = held.item_id
                order by attempt_id desc limit 1
            ) = 'test' then 'accepted_in_test'
            else 'accepted'
        end,
        reason = null,
        explanation = null,
        first_due_at = clock_timestamp()
    from wanted
    where held.item_id = wanted.item_id
)

insert into ops.outbox_decisions (item_id, decision, decided_by, status_before)
select item_id, case when :registered then 'registered' else 'not_registered' end, :decided_by, status
from wanted
returning item_id

-- name: state_reasons
-- The reasons of a kind that ask nobody to do anything, and those for which accepted items are looked at again, for
-- whoever reads the ledger; written where they changed.
with stated as (
    select reason, 'nothing_to_do' as meaning from unnest(cast(:nothing_to_do as text [])) as moot (reason)
    union all
    select reason, 'doubt' as meaning from unnest(cast(:doubts as text [])) as doubted (reason)
),

over as (
    delete from ops.stated_reasons
    where target = :target and kind = :kind and reason not in (select reason from stated)
)

insert into ops.stated_reasons (target, kind, reason, meaning)
select :target, :kind, reason, meaning
from stated
where not exists (
    select from ops.stated_reasons as held
    where held.target = :target
    and held.kind = :kind
    and (held.reason, held.meaning) = (stated.reason, stated.meaning)
)
on conflict (target, kind, reason) do update set meaning = excluded.meaning

-- name: take_back
-- What was asked for and not sent: nobody asks for it any more.
insert into ops.outbox_decisions (item_id, decision, decided_by, status_before)
select item_id, 'taken_back', :decided_by, status
from ops.outbox
where item_id = any(:item_ids) and status = 'pending'

-- name: unwished
-- Items that are not with the target, and that no plan wishes for any more.
select item_id
from ops.outbox as held
where target = :target
and kind = :kind
and account = :account
and status in ('pending', 'withheld', 'rejected')
and not exists (select from staged where staged.fact = held.fact)

-- name: withhold
-- Items that are not with the target are not sent until a plan wishes for them again.
update ops.outbox
set status = 'withheld', reason = :reason, explanation = :explanation, next_attempt_at = null
where item_id = any(:item_ids)
and status in ('pending', 'withheld', 'rejected')
and (status, reason) is distinct from ('withheld', :reason)
