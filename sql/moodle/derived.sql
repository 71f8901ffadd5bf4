-- name: courses
-- What courses are derived from now, those with an answer. inputs: hash over the newest answers, which of them are older
-- than the grades that they are compared with, the reference data and the occurrences that the course is linked to.
with landed as (
    select distinct on (scope, resource, key) scope, resource, key, landing_id, sha256
    from raw.landings
    where source = :source
    and scope = any(cast(:scopes as text []))
    and resource = any(cast(:resources as text []))
    order by scope, resource, key, landing_id desc
),

-- By windows: of joins of the answers with themselves the planner cannot know how large they are.
compared as (
    select
        *,
        max(landing_id) filter (where resource = 'grades') over course as whole_id,
        max(landing_id) filter (where resource in ('grades', 'user_grades')) over course as report_id,
        max(landing_id) filter (where resource = 'user_grades') over learner as single_id
    from landed
    window course as (partition by scope), learner as (partition by scope, key)
),

answers as (
    select
        scope,
        max(landing_id) as landing_id,
        string_agg(
            concat_ws(
                ' ',
                resource,
                key,
                encode(sha256, 'hex'),
                case resource
                    when 'completion' then landing_id < greatest(whole_id, single_id)
                    when 'module' then landing_id < report_id
                end
            ),
            chr(10) order by key, resource
        ) as listed
    from compared
    where resource <> 'user_grades' or whole_id is null or landing_id > whole_id
    group by scope
),

linked as (
    select source_course_id as scope, array_agg(distinct occurrence_code order by occurrence_code) as occurrences
    from core.linked_courses
    where source = :source
    and source_course_id = any(cast(:scopes as text []))
    and in_force
    group by source_course_id
)

select
    answers.scope,
    answers.landing_id,
    reference_version.version as reference_version,
    encode(
        sha256(
            convert_to(
                concat_ws(
                    chr(10),
                    cast(:rules as text),
                    reference_version.version,
                    cast(linked.occurrences as text),
                    answers.listed
                ),
                'UTF8'
            )
        ),
        'hex'
    ) as inputs
from answers
cross join ops.reference_version
left join linked using (scope)
order by length(answers.scope), answers.scope

-- name: course_facts
-- What the administration says of courses themselves, fact by fact; whom a change of each reaches stands in
-- etl/connectors/moodle/reach.py. links: units mapped to activities; counted: whether it counts by itself; anybody: whether
-- somebody is expected in it.
select
    asked.scope,
    cast(
        jsonb_build_object(
            'timezone', s.timezone,
            'record_failed', s.record_failed,
            'allow_resit', s.allow_resit,
            'use_enrolment_start', s.use_enrolment_start,
            'review', s.review,
            'occurrences', linked.codes,
            'finished', linked.finished,
            'once_linked', once.linked,
            'matched_by', jsonb_build_array(s.match_code, s.match_fields),
            'links', mapped.activities,
            'counted', counted.source is not null,
            'anybody', expected.anybody
        ) as text
    ) as facts
from unnest(cast(:scopes as text [])) as asked (scope)
cross join core.sources as s
left join core.counted_courses as counted
    on counted.source = s.source and counted.source_course_id = asked.scope
cross join lateral (
    select
        array_agg(distinct l.occurrence_code order by l.occurrence_code) as codes,
        bool_and(l.status = 'finished') as finished
    from core.linked_courses as l
    where l.source = s.source and l.source_course_id = asked.scope and l.in_force
) as linked
cross join lateral (
    select
        coalesce(
            jsonb_agg(
                jsonb_build_array(a.occurrence_code, a.unit_code, a.activity_id)
                order by a.occurrence_code, a.unit_code, a.activity_id
            ),
            '[]'
        ) as activities
    from core.activity_links as a
    where a.source = s.source and a.closed_at is null and a.occurrence_code = any(linked.codes)
) as mapped
cross join lateral (
    select exists(
        select from core.course_link_history as h
        where h.source = s.source and h.source_course_id = asked.scope
    ) as linked
) as once
cross join lateral (
    select exists(
        select from core.enrolments as e
        left join core.enrolment_completions as c using (enrolment_code)
        where e.occurrence_code = any(linked.codes)
        and e.closed_at is null and e.status = 'active' and c.enrolment_code is null
    ) as anybody
) as expected
where s.source = :source

-- name: people
-- Among whom learners are matched, and by what.
select
    accounts.version as accounts_version,
    md5(cast(row(accounts.version, clients.listed, numbers.listed, rules.match_code, rules.match_fields) as text)) as people
from (
    select coalesce(max(changed_landing_id), 0) as version from core.site_accounts where source = :source
) as accounts
cross join (
    select md5(string_agg(
        cast(row(client_code, username, email, given_name, surname) as text), chr(10) order by client_code
    )) as listed
    from core.clients
    where closed_at is null
) as clients
cross join (
    select md5(string_agg(cast(row(client_code, user_id) as text), chr(10) order by client_code)) as listed
    from core.account_holders
    where scheme = :scheme
) as numbers
cross join core.sources as rules
where rules.source = :source

-- name: accounts_version
-- Grows when an account is new or shows other fields.
select coalesce(max(changed_landing_id), 0) as version from core.site_accounts where source = :source

-- name: known
-- What is remembered of courses.
select
    course.scope,
    encode(derived.inputs, 'hex') as inputs,
    course.landing_id,
    course.reference_version,
    course.accounts_version,
    cast(course.facts as text) as facts,
    course.people,
    cast(course.activities as text) as activities
from ops.derived_courses as course
join ops.derivations as derived
    on derived.flow = :flow and derived.source = course.source and derived.scope = course.scope
where course.source = :source and course.scope = any(cast(:scopes as text []))

-- name: then_and_now
-- Of the reports and pass grades of courses the landings that were the newest when they were derived and are now.
select
    landings.scope,
    landings.resource,
    landings.key,
    max(landings.landing_id) filter (where landings.landing_id <= course.landing_id) as landed_then,
    max(landings.landing_id) as landed_now
from ops.derived_courses as course
join raw.landings on landings.source = course.source and landings.scope = course.scope
where course.source = :source
and course.scope = any(cast(:scopes as text []))
and landings.resource in ('grades', 'user_grades', 'module')
group by landings.scope, landings.resource, landings.key

-- name: landed_since
-- Answers that may say something else than the last that was derived: resource and key.
select fresh.scope, fresh.resource, fresh.key, fresh.landing_id
from (
    select distinct on (landings.scope, landings.resource, landings.key)
        landings.scope, landings.resource, landings.key, landings.landing_id, landings.sha256,
        course.landing_id as derived_id
    from ops.derived_courses as course
    join raw.landings on landings.source = course.source and landings.scope = course.scope
    where course.source = :source
    and course.scope = any(cast(:scopes as text []))
    and landings.resource = any(cast(:resources as text []))
    and landings.landing_id > course.landing_id
    order by landings.scope asc, landings.resource asc, landings.key asc, landings.landing_id desc
) as fresh
left join lateral (
    select before.sha256, before.landing_id
    from raw.landings as before
    where before.source = :source
    and before.scope = fresh.scope
    and before.resource = fresh.resource
    and before.key = fresh.key
    and before.landing_id <= fresh.derived_id
    order by before.landing_id desc
    limit 1
) as before on true
where fresh.sha256 is distinct from before.sha256
-- It replaces the reports of single learners, and what is compared with it is older now.
or fresh.resource = 'grades'
-- A single report, a completion or a pass grade that is told again counts anew where grades came in between; a
-- completion, where it did not count before.
or (
    fresh.resource in ('user_grades', 'completion', 'module')
    and (
        fresh.resource <> 'completion'
        or exists (
            select from ops.rejections as listed
            where listed.flow = any(cast(:flows as text []))
            and listed.source = :source
            and listed.scope = fresh.scope
            and listed.learner = fresh.key
            and listed.resource = 'course_completion'
            and listed.resolved_at is null
        )
    )
    -- Looked for one kind at a time, each by its key: else all that the site answered in between may be read.
    and (
        exists (
            select from raw.landings as report
            where report.source = :source
            and report.scope = fresh.scope
            and report.resource = 'grades'
            and report.key = ''
            and report.landing_id > before.landing_id
            and report.landing_id < fresh.landing_id
        )
        or exists (
            select from raw.landings as report
            where report.source = :source
            and report.scope = fresh.scope
            and fresh.resource = 'completion'
            and report.resource = 'user_grades'
            and report.key = fresh.key
            and report.landing_id > before.landing_id
            and report.landing_id < fresh.landing_id
        )
        or exists (
            select from raw.landings as report
            where report.source = :source
            and report.scope = fresh.scope
            and fresh.resource = 'module'
            and report.resource = 'user_grades'
            and report.landing_id > before.landing_id
            and report.landing_id < fresh.landing_id
        )
    )
)

-- name: listed
-- The participants of courses when they were derived last.
select scope, user_id
from ops.derived_learners
where source = :source and scope = any(cast(:scopes as text [])) and listed

-- name: learners
-- Everybody whom the last derivation of courses met.
select scope, user_id, reported, idnumber, client_code, reason
from ops.derived_learners
where source = :source and scope = any(cast(:scopes as text []))

-- name: learners_due
-- What is remembered of some learners.
select scope, user_id, listed, reported, idnumber, client_code, reason, shown, unmapped
from unnest(cast(:scopes as text []), cast(:users as bigint [])) as due (scope, user_id)
join ops.derived_learners using (scope, user_id)
where source = :source

-- name: graded_by_others
-- Of activities without a unit those in which somebody else than the learners who are looked at has a grade.
select distinct wanted.scope, wanted.activity_id
from unnest(cast(:scopes as text []), cast(:activities as bigint [])) as wanted (scope, activity_id)
join ops.derived_learners as held
    on held.source = :source and held.scope = wanted.scope and wanted.activity_id = any(held.unmapped)
where not exists (
    select
    from unnest(cast(:seen_scopes as text []), cast(:seen_users as bigint [])) as seen (scope, user_id)
    where seen.scope = held.scope and seen.user_id = held.user_id
)

-- name: enrolments_changed
-- Learners whose enrolments in the occurrences of the course differ from what was derived.
select held.scope, held.user_id
from ops.derived_learners as held
left join lateral (
    select md5(string_agg(f.facts, chr(10) order by f.enrolment_code)) as facts
    from core.enrolment_facts as f
    where f.client_code = held.client_code
    and f.occurrence_code in (
        select l.occurrence_code
        from core.linked_courses as l
        where l.source = held.source and l.source_course_id = held.scope and l.in_force
    )
) as now on true
where held.source = :source
and held.scope = any(cast(:scopes as text []))
and held.facts is distinct from now.facts

-- name: with_failures
-- Learners of whom a failed unit is held.
select distinct held.scope, held.user_id
from ops.derived_learners as held
join core.linked_courses as l
    on l.source = held.source and l.source_course_id = held.scope and l.in_force
join core.enrolments as e
    on e.client_code = held.client_code and e.occurrence_code = l.occurrence_code and e.closed_at is null
where held.source = :source
and held.scope = any(cast(:scopes as text []))
and (
    exists(
        select from core.unit_results as u where u.enrolment_code = e.enrolment_code and u.status = 'failed'
    )
    or exists(
        select from core.recorded_results as r
        where r.enrolment_code = e.enrolment_code and r.status = 'failed' and r.closed_at is null
    )
)

-- name: refused
-- Learners of whom something of a kind (unit_result, course_completion) is refused.
select distinct scope, cast(learner as bigint) as user_id
from ops.rejections
where flow = any(cast(:flows as text []))
and source = :source
and scope = any(cast(:scopes as text []))
and resource = :resource
and learner is not null
and resolved_at is null

-- name: proposed
-- Learners of whom a result of a unit is proposed, or was.
select distinct held.scope, held.user_id
from ops.derived_learners as held
join core.linked_courses as l
    on l.source = held.source and l.source_course_id = held.scope and l.in_force
join core.enrolments as e
    on e.client_code = held.client_code and e.occurrence_code = l.occurrence_code and e.closed_at is null
join core.proposed_results as p on p.enrolment_code = e.enrolment_code
where held.source = :source
and held.scope = any(cast(:scopes as text []))

-- name: forget_learners
-- Nobody of a course that is derived as a whole is remembered but whom it met; nor whoever was looked at and is in the
-- course no more, so that they are neither a client nor nobody's.
delete from ops.derived_learners as held
where held.source = :source
and (
    (
        held.scope = any(cast(:scopes as text []))
        and not exists (
            select from staged where staged.scope = held.scope and staged.user_id = held.user_id
        )
    )
    or (held.scope, held.user_id) in (
        select staged.scope, staged.user_id from staged where staged.client_code is null and staged.reason is null
    )
)

-- name: learners_merge
-- Facts that changed while they were derived are not known: they are looked at again.
insert into ops.derived_learners as held
(source, scope, user_id, listed, reported, idnumber, client_code, reason, shown, unmapped, facts)
select
    :source, staged.scope, staged.user_id, staged.listed, staged.reported, staged.idnumber, staged.client_code,
    staged.reason, staged.shown, staged.unmapped,
    case when reference_version.version = :reference_version then now.facts end
from staged
cross join ops.reference_version
left join lateral (
    select md5(string_agg(f.facts, chr(10) order by f.enrolment_code)) as facts
    from core.enrolment_facts as f
    where f.client_code = staged.client_code
    and f.occurrence_code in (
        select l.occurrence_code
        from core.linked_courses as l
        where l.source = :source and l.source_course_id = staged.scope and l.in_force
    )
) as now on true
where staged.client_code is not null or staged.reason is not null
order by staged.scope, staged.user_id
on conflict (source, scope, user_id) do update
set
    listed = excluded.listed,
    reported = excluded.reported,
    idnumber = excluded.idnumber,
    client_code = excluded.client_code,
    reason = excluded.reason,
    shown = excluded.shown,
    unmapped = excluded.unmapped,
    facts = excluded.facts
where (
    held.listed, held.reported, held.idnumber, held.client_code, held.reason, held.shown, held.unmapped, held.facts
) is distinct from (
    excluded.listed, excluded.reported, excluded.idnumber, excluded.client_code, excluded.reason, excluded.shown,
    excluded.unmapped, excluded.facts
)

-- name: courses_merge
insert into ops.derived_courses as held
(source, scope, landing_id, reference_version, accounts_version, facts, people, activities)
select
    :source, scope, landing_id, reference_version, accounts_version, cast(facts as jsonb), people,
    cast(activities as jsonb)
from jsonb_to_recordset(cast(:courses as jsonb)) as given (
    scope text, landing_id bigint, reference_version bigint, accounts_version bigint, facts text, people text,
    activities text
)
order by scope
on conflict (source, scope) do update
set
    landing_id = excluded.landing_id,
    reference_version = excluded.reference_version,
    accounts_version = excluded.accounts_version,
    facts = excluded.facts,
    people = excluded.people,
    activities = excluded.activities
where (
    held.landing_id, held.reference_version, held.accounts_version, held.facts, held.people, held.activities
) is distinct from (
    excluded.landing_id, excluded.reference_version, excluded.accounts_version, excluded.facts, excluded.people,
    excluded.activities
)

-- name: answers
-- The newest answers about some learners, and about the activities of their courses, with the whole reports.
select distinct on (scope, resource, key) landing_id, scope, resource, key
from (
    select landings.landing_id, landings.scope, landings.resource, landings.key
    from unnest(cast(:scopes as text []), cast(:keys as text [])) as due (scope, key)
    join raw.landings
        on landings.source = :source
        and landings.scope = due.scope
        and landings.resource in ('user_grades', 'completion')
        and landings.key = due.key
    union all
    select landings.landing_id, landings.scope, landings.resource, landings.key
    from raw.landings
    where landings.source = :source
    and landings.scope = any(cast(:scopes as text []))
    and landings.resource in ('grades', 'module')
) as found
order by scope, resource, key, landing_id desc
