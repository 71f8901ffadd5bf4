-- Each branch joins by itself, so that a filter on a client, an occurrence or an enrolment reaches its index.
create or replace view mart.unit_results as
select
    derived.source,
    enrolments.client_code,
    derived.enrolment_code,
    enrolments.occurrence_code,
    derived.unit_code,
    units.kind,
    derived.status,
    derived.started_on,
    derived.finished_on,
    derived.grade_percent,
    derived.recorded_at
from core.unit_results as derived
join core.enrolments using (enrolment_code)
join core.units using (unit_code)
join core.sources using (source)
where not exists (
    select from core.recorded_results as held
    where held.enrolment_code = derived.enrolment_code
    and held.unit_code = derived.unit_code
    and held.status <> 'started'
    and held.closed_at is null
    and core.stands(held.status, derived.status, sources.allow_resit)
)
union all
select
    'administration' as source,
    enrolments.client_code,
    held.enrolment_code,
    enrolments.occurrence_code,
    held.unit_code,
    units.kind,
    held.status,
    held.started_on,
    held.finished_on,
    cast(null as numeric(7, 4)) as grade_percent,
    cast(null as timestamptz) as recorded_at
from core.recorded_results as held
join core.enrolments using (enrolment_code)
join core.units using (unit_code)
where held.closed_at is null
and not exists (
    select from core.unit_results as derived
    join core.sources using (source)
    where derived.enrolment_code = held.enrolment_code
    and derived.unit_code = held.unit_code
    and (held.status = 'started' or not core.stands(held.status, derived.status, sources.allow_resit))
);

comment on view mart.unit_results is 'What each learner reached for each unit or task: one row an enrolment and unit. A passed or failed of the administration stands over what was derived (a failed one gives way to a resit where the source allows it); what was derived stands over a started of the administration';
comment on column mart.unit_results.source is 'Connected system that the result was derived from, or administration where the administration held it already';
comment on column mart.unit_results.client_code is 'The learner, as the administration names the client';
comment on column mart.unit_results.enrolment_code is 'Enrolment that the result belongs to';
comment on column mart.unit_results.occurrence_code is 'Course run of the administration that the enrolment is for';
comment on column mart.unit_results.unit_code is 'Unit or task';
comment on column mart.unit_results.kind is 'unit or task';
comment on column mart.unit_results.status is 'started (some activities passed, none failed), passed or failed';
comment on column mart.unit_results.started_on is 'Start date, in the time zone of the source';
comment on column mart.unit_results.finished_on is 'Finish date (the latest graded date), in the time zone of the source; empty while started';
comment on column mart.unit_results.grade_percent is 'Grade as a percentage of what could be reached, over the graded activities; empty where there is no grade or the administration held the result';
comment on column mart.unit_results.recorded_at is 'When the result was recorded here; empty for results of the administration';

create or replace view mart.enrolments as
select
    enrolments.enrolment_code,
    enrolments.client_code,
    enrolments.occurrence_code,
    case
        when enrolments.status = 'active' and completions.completed_on is not null then 'completed'
        else enrolments.status
    end as status,
    enrolments.start_date,
    completions.completed_on,
    completions.source
from core.enrolments
left join core.enrolment_completions as completions using (enrolment_code)
where enrolments.closed_at is null;

comment on view mart.enrolments is 'Enrolments that the administration lists, with their status of today';
comment on column mart.enrolments.enrolment_code is 'Enrolment';
comment on column mart.enrolments.client_code is 'The learner, as the administration names the client';
comment on column mart.enrolments.occurrence_code is 'Course run of the administration';
comment on column mart.enrolments.status is 'active, completed (by the administration, or because the learner completed the course) or withdrawn';
comment on column mart.enrolments.start_date is 'Start date as the administration holds it';
comment on column mart.enrolments.completed_on is 'Day on which the learner completed the course, in the time zone of the source; recorded once, never changed';
comment on column mart.enrolments.source is 'Connected system in which the course was completed; empty where none reported it';

create or replace view mart.course_completions as
select
    completions.source,
    completions.source_course_id,
    courses.name as course_name,
    completions.client_code,
    completions.completed_at,
    completions.grade_percent,
    completions.passed,
    completions.recorded_at,
    revoked.decided_by as revoked_by,
    revoked.decided_at as revoked_at,
    revoked.reason as revoked_because
from core.course_completions as completions
left join core.courses using (source, source_course_id)
left join lateral (
    select decided_by, decided_at, reason
    from ops.completion_decisions as decisions
    where not completions.passed
    and decisions.source = completions.source
    and decisions.source_course_id = completions.source_course_id
    and decisions.client_code = completions.client_code
    and decisions.completed_at = completions.completed_at
    order by decision_id desc
    limit 1
) as revoked on true;

comment on view mart.course_completions is 'Who completed which course of a connected system, and when: one row for each time, which no later night changes';
comment on column mart.course_completions.source is 'Connected system';
comment on column mart.course_completions.source_course_id is 'Course as that system numbers it';
comment on column mart.course_completions.course_name is 'Course as that system names it today';
comment on column mart.course_completions.client_code is 'The learner, as the administration names the client';
comment on column mart.course_completions.completed_at is 'Moment of completion (the latest of the met conditions)';
comment on column mart.course_completions.grade_percent is 'Grade of the whole course as a percentage; empty where there is none';
comment on column mart.course_completions.passed is 'Whether the completion counts as passed: false while its revocation stands; points and competences follow from passed completions only';
comment on column mart.course_completions.recorded_at is 'When the completion was recorded here';
comment on column mart.course_completions.revoked_by is 'Who revoked it; empty where it counts';
comment on column mart.course_completions.revoked_at is 'When it was revoked';
comment on column mart.course_completions.revoked_because is 'Why it was revoked';

-- An approved proposal is recorded by the same rule as a result that needs no review: what stands is not overwritten.
create or replace view mart.proposals as
select
    proposed.source,
    enrolments.occurrence_code,
    proposed.enrolment_code,
    enrolments.client_code,
    clients.given_name,
    clients.surname,
    proposed.unit_code,
    units.name as unit_name,
    units.kind,
    asked.status,
    proposed.status as proposed_status,
    proposed.started_on,
    case when asked.status <> 'started' then proposed.finished_on end as finished_on,
    proposed.grade_percent,
    case
        when proposed.decision <> 'open' then proposed.decision
        when why.reason_code is not null then 'not_possible'
        when proposed.adjusted then 'adjusted'
        else 'ready'
    end as state,
    why.reason_code,
    proposed.decided_by,
    proposed.decided_at,
    proposed.proposed_at,
    proposed.decided_because
from core.proposed_results as proposed
join core.enrolments using (enrolment_code)
join core.clients using (client_code)
join core.units using (unit_code)
join core.sources using (source)
cross join lateral (select coalesce(proposed.adjusted_status, proposed.status) as status) as asked
cross join lateral (
    select
        case
            when proposed.decision <> 'open' then null
            when enrolments.status = 'withdrawn' or enrolments.closed_at is not null then 'enrolment_not_active'
            when exists (
                select
                from (
                    select derived.status
                    from core.unit_results as derived
                    where derived.enrolment_code = proposed.enrolment_code
                    and derived.unit_code = proposed.unit_code
                    union all
                    select recorded.status
                    from core.recorded_results as recorded
                    where recorded.enrolment_code = proposed.enrolment_code
                    and recorded.unit_code = proposed.unit_code
                    and recorded.closed_at is null
                ) as held
                where core.stands(held.status, asked.status, sources.allow_resit)
            ) then 'result_stands'
        end as reason_code
) as why;

comment on view mart.proposals is 'Results that wait for a person''s approval, or that a person decided on (sources with review = required): one row a learner, unit and derived result';
comment on column mart.proposals.source is 'Connected system that the result was derived from';
comment on column mart.proposals.occurrence_code is 'Course run of the administration that the enrolment is for';
comment on column mart.proposals.enrolment_code is 'Enrolment that the result belongs to';
comment on column mart.proposals.client_code is 'The learner, as the administration names the client';
comment on column mart.proposals.given_name is 'Given name of the learner';
comment on column mart.proposals.surname is 'Surname of the learner';
comment on column mart.proposals.unit_code is 'Unit or task';
comment on column mart.proposals.unit_name is 'Name of the unit or task';
comment on column mart.proposals.kind is 'unit or task';
comment on column mart.proposals.status is 'started, passed or failed: as it will be recorded';
comment on column mart.proposals.proposed_status is 'The same as it was derived, before a person adjusted it';
comment on column mart.proposals.started_on is 'Start date, in the time zone of the source';
comment on column mart.proposals.finished_on is 'Finish date; empty while started';
comment on column mart.proposals.grade_percent is 'Grade as a percentage of what could be reached; empty where there is none';
comment on column mart.proposals.state is 'ready (may be recorded), adjusted (by a person; may be recorded), not_possible (see reason_code), approved or dismissed';
comment on column mart.proposals.reason_code is 'Why it cannot be recorded: enrolment_not_active, or result_stands (a result of this unit is recorded already)';
comment on column mart.proposals.decided_by is 'Who approved or dismissed it';
comment on column mart.proposals.decided_at is 'When it was approved or dismissed';
comment on column mart.proposals.proposed_at is 'When the poll proposed it last';
comment on column mart.proposals.decided_because is 'Why it was dismissed; empty where nobody said so';

create or replace view mart.started as
select
    results.source,
    results.occurrence_code,
    occurrences.name as occurrence_name,
    results.enrolment_code,
    enrolments.status as enrolment_status,
    results.client_code,
    clients.given_name,
    clients.surname,
    results.unit_code,
    units.name as unit_name,
    results.started_on,
    current_date - results.started_on as days,
    opened.activities as open_activities,
    opened.activity_list as open_activity_list
from mart.unit_results as results
join core.enrolments using (enrolment_code)
join core.clients on clients.client_code = results.client_code
join core.units on units.unit_code = results.unit_code
join core.occurrences on occurrences.occurrence_code = results.occurrence_code
cross join lateral (
    select
        count(*) as activities,
        string_agg(
            format('%s (%s, %s)', coalesce(activities.name, 'activity'), kept.activity_id, kept.state),
            '; '
            order by kept.activity_id
        ) as activity_list
    from core.open_activities as kept
    left join core.activities using (source, activity_id)
    where kept.enrolment_code = results.enrolment_code
    and kept.unit_code = results.unit_code
) as opened
where results.status = 'started';

comment on view mart.started is 'Units and tasks that are started and neither passed nor failed: since when, and which activities are still open';
comment on column mart.started.source is 'Connected system that the result was derived from, or administration';
comment on column mart.started.occurrence_code is 'Course run of the administration that the enrolment is for';
comment on column mart.started.occurrence_name is 'Its name';
comment on column mart.started.enrolment_code is 'Enrolment that the result belongs to';
comment on column mart.started.enrolment_status is 'Status of the enrolment in the administration: active, completed or withdrawn';
comment on column mart.started.client_code is 'The learner, as the administration names the client';
comment on column mart.started.given_name is 'Given name of the learner';
comment on column mart.started.surname is 'Surname of the learner';
comment on column mart.started.unit_code is 'Unit or task';
comment on column mart.started.unit_name is 'Name of the unit or task';
comment on column mart.started.started_on is 'Start date, in the time zone of the source';
comment on column mart.started.days is 'Days since then';
comment on column mart.started.open_activities is 'How many mapped activities are not passed; 0 where none of them was looked at yet, such as for a result of the administration';
comment on column mart.started.open_activity_list is 'Which: name, number (cmid), and not_graded, partly_graded, not_passed, not_readable (its pass grade), withheld (its grade) or missing (from the learner''s report)';
