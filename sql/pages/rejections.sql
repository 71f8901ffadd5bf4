-- name: enrolments
-- The enrolment of each client in an occurrence, unless there are several.
select enrolments.client_code, enrolments.occurrence_code, min(enrolments.enrolment_code) as enrolment
from unnest(cast(:clients as text []), cast(:occurrences as text [])) as asked (client_code, occurrence_code)
join core.enrolments using (client_code, occurrence_code)
where enrolments.closed_at is null
group by enrolments.client_code, enrolments.occurrence_code
having count(*) = 1

-- name: known
-- Which of these codes there are.
select 'occurrence' as fact, occurrence_code as code from core.occurrences
where occurrence_code = any(cast(:occurrence as text []))
union all
select 'unit', unit_code from core.units where unit_code = any(cast(:unit as text []))
union all
select 'client', client_code from core.clients where client_code = any(cast(:client as text []))
union all
select 'source', source from core.sources where source = any(cast(:source as text []))

-- name: page
-- Open rejections of one kind after a place in the list, oldest first.
with page as (
    select
        rejection_id,
        flow,
        source,
        scope,
        resource,
        record_key,
        reason_code,
        reason,
        first_seen_at,
        last_seen_at,
        case when learner ~ '^[0-9]{1,18}$' then cast(learner as bigint) end as user_id
    from ops.rejections
    where resolved_at is null
    and dismissed_at is null
    and (cast(:source as text) is null or source = :source)
    and (cast(:reason_code as text) is null or reason_code = :reason_code)
    and (first_seen_at, rejection_id) > (coalesce(cast(:after_at as timestamptz), '-infinity'), cast(:after_id as bigint))
    order by first_seen_at, rejection_id
    limit :most
)

select
    page.*,
    coalesce(sources.system, page.source) as system,
    coalesce(enrolments.client_code, met.client_code) as client_code,
    enrolments.occurrence_code,
    integrations.person_scheme
from page
left join core.sources using (source)
left join core.integrations on integrations.integration = page.source
left join ops.derived_learners as met
    on met.source = page.source and met.scope = page.scope and met.user_id = page.user_id
-- What is sent of somebody's enrolment is told by the enrolment alone.
left join core.enrolments
    on page.resource in ('enrolment', 'withdrawal')
    and page.scope = page.source
    and enrolments.enrolment_code = page.record_key
order by page.first_seen_at, page.rejection_id

-- name: reasons
-- Counted by the index of what is open; the sentence is that of the oldest, for all of one reason have the same.
-- shown_at: when the page began to read, by the clock that its rows have their times from.
select
    counted.source,
    counted.reason_code,
    oldest.reason,
    counted.rejected,
    counted.oldest,
    counted.fresh,
    now() as shown_at
from (
    select
        source,
        reason_code,
        count(*) as rejected,
        min(first_seen_at) as oldest,
        count(*) filter (where first_seen_at > now() - interval '1 day') as fresh
    from ops.rejections
    where resolved_at is null
    and dismissed_at is null
    group by source, reason_code
) as counted
cross join lateral (
    select reason
    from ops.rejections as one
    where one.resolved_at is null
    and one.dismissed_at is null
    and one.source = counted.source
    and one.reason_code = counted.reason_code
    order by one.first_seen_at, one.rejection_id
    limit 1
) as oldest
order by counted.oldest, counted.source, counted.reason_code
