create or replace view mart.attention as
with recursive latest as (
    select distinct on (flow) run_id, flow, status, started_at
    from ops.runs
    where parameters ->> 'dry_run' is distinct from 'true'
    order by flow asc, started_at desc
),

-- Whose items the ledger has: a step in the index for each account, however many items there are.
accounts as (
    (select target, account from ops.outbox order by target, account limit 1)
    union all
    select next.target, next.account
    from accounts
    cross join lateral (
        select item.target, item.account
        from ops.outbox as item
        where (item.target, item.account) > (accounts.target, accounts.account)
        order by item.target, item.account
        limit 1
    ) as next
)

select
    1 as urgency,
    'not done' as state,
    latest.flow as about,
    count(*) as items,
    step.problem_code as reason_code,
    min(step.problem) as reason,
    min(step.finished_at) as since,
    latest.run_id,
    null as target
from latest
join ops.run_step_counts as step using (run_id)
where step.problem_code is not null
-- Whoever stops a run knows it, and the next one does what is left.
and step.problem_code <> 'stopped'
group by latest.flow, latest.run_id, step.problem_code
union all
-- Only the first run that met it was red, and the next ones have nothing to do.
select
    1 as urgency,
    'not done' as state,
    'moodle_enrolments' as about,
    held.due as items,
    'give_up' as reason_code,
    held.problem as reason,
    held.since,
    held.run_id,
    null as target
from ops.moodle_held_back as held
where not exists(select from latest where latest.run_id = held.run_id)
union all
select
    2 as urgency,
    'unknown' as state,
    item.kind as about,
    count(*) as items,
    item.reason as reason_code,
    null as reason,
    min(coalesce(item.last_attempt_at, item.entered_at)) as since,
    null as run_id,
    item.target
from ops.outbox as item
where item.status = 'unknown'
group by item.target, item.kind, item.reason
union all
select
    2 as urgency,
    'doubted' as state,
    item.kind as about,
    count(*) as items,
    item.reason as reason_code,
    null as reason,
    min(coalesce(item.last_attempt_at, item.entered_at)) as since,
    null as run_id,
    item.target
from ops.stated_reasons as doubt
join ops.outbox as item
    on item.target = doubt.target and item.kind = doubt.kind and item.reason = doubt.reason
where doubt.meaning = 'doubt' and item.status = 'accepted'
group by item.target, item.kind, item.reason
union all
select
    3 as urgency,
    item.status as state,
    item.kind as about,
    count(*) as items,
    item.reason as reason_code,
    null as reason,
    min(coalesce(item.last_attempt_at, item.entered_at)) as since,
    null as run_id,
    item.target
from ops.outbox as item
where item.status in ('withheld', 'rejected')
and not exists (
    select from ops.stated_reasons as moot
    where (moot.target, moot.kind, moot.reason) = (item.target, item.kind, item.reason)
    and moot.meaning = 'nothing_to_do'
)
group by item.target, item.kind, item.status, item.reason
union all
select
    4 as urgency,
    'to review' as state,
    proposed.source as about,
    count(*) as items,
    null as reason_code,
    null as reason,
    min(proposed.proposed_at) as since,
    null as run_id,
    null as target
from core.proposed_results as proposed
where proposed.decision = 'open'
group by proposed.source
union all
select
    5 as urgency,
    'new' as state,
    fresh.source as about,
    fresh.items,
    fresh.reason_code,
    oldest.reason,
    fresh.since,
    null as run_id,
    null as target
from (
    select listed.source, listed.reason_code, cast(sum(listed.items) as bigint) as items, min(listed.since) as since
    from (
        select source, scope, reason_code, count(*) as items, min(first_seen_at) as since
        from ops.rejections
        where resolved_at is null
        and dismissed_at is null
        and first_seen_at > now() - interval '1 day'
        group by source, scope, reason_code
    ) as listed
    left join core.sources on sources.source = listed.source
    -- What cannot be sent stands in the ledger too, and is listed from there: its scope is the account.
    where not exists (
        select from accounts
        where accounts.target = coalesce(sources.system, listed.source) and accounts.account = listed.scope
    )
    group by listed.source, listed.reason_code
) as fresh
-- The sentence of one of them, for all of one reason have the same.
cross join lateral (
    select reason
    from ops.rejections as one
    where one.resolved_at is null
    and one.dismissed_at is null
    and one.source = fresh.source
    and one.reason_code = fresh.reason_code
    and one.first_seen_at >= fresh.since
    order by one.first_seen_at, one.rejection_id
    limit 1
) as oldest
union all
select
    6 as urgency,
    'quiet' as state,
    latest.flow as about,
    1 as items,
    'not_run' as reason_code,
    null as reason,
    latest.started_at as since,
    latest.run_id,
    null as target
from latest
where latest.started_at < now() - interval '36 hours';

comment on view mart.attention is 'What needs a person now, most urgent first: parts of the newest run of each flow that were not done, what was sent with unknown outcome or was accepted and is doubted since, what cannot be sent for a reason that asks somebody to do something, results that wait for review, rows that are rejected since a day ago, and flows that have not run for 36 hours';
comment on column mart.attention.urgency is '1 (most urgent) to 6';
comment on column mart.attention.state is 'not done, unknown, doubted, withheld, rejected, to review, new or quiet';
comment on column mart.attention.about is 'Flow, source, or kind of item that is sent';
comment on column mart.attention.items is 'How many: parts of a run, items, results or rows';
comment on column mart.attention.reason_code is 'Why, as a code; empty where nothing is wrong';
comment on column mart.attention.reason is 'Why, in a sentence, where it is kept with the row';
comment on column mart.attention.since is 'When the oldest of them came up';
comment on column mart.attention.run_id is 'Run that met it, where it is of one run';
comment on column mart.attention.target is 'System that it is sent to, where it is something that is sent';
