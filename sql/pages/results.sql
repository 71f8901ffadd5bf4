-- name: look_before
-- The enrolment before which :most others lie behind one: none where fewer do.
select enrolment_code
from core.enrolments
where enrolment_code > :after_enrolment
order by enrolment_code
offset :most
limit 1

-- name: page
-- Results that wait for review, and those that are recorded, by enrolment and unit. Each part finds its own rows by the
-- key of its table, as many as a page holds, and looks only these up in the view, which says what stands.
(
    select
        held.state,
        held.reason_code,
        held.source,
        enrolled.occurrence_code,
        listed.enrolment_code,
        enrolled.client_code,
        listed.unit_code,
        listed.status as proposed_status,
        held.status,
        held.started_on,
        held.finished_on,
        held.grade_percent
    from core.proposed_results as listed
    -- Nothing else can be not possible: these are found at once, and only where they are asked for.
    left join (
        select one.enrolment_code, one.unit_code, one.status
        from core.proposed_results as one
        join core.enrolments as enrolled using (enrolment_code)
        where one.decision = 'open' and (enrolled.status = 'withdrawn' or enrolled.closed_at is not null)
        and enrolled.enrolment_code >= :after_enrolment
        and (cast(:before_enrolment as text) is null or enrolled.enrolment_code < :before_enrolment)
        union
        select one.enrolment_code, one.unit_code, one.status
        from core.proposed_results as one
        where one.decision = 'open'
        and one.enrolment_code >= :after_enrolment
        and (cast(:before_enrolment as text) is null or one.enrolment_code < :before_enrolment)
        and exists (
            select from core.unit_results as held
            where held.enrolment_code = one.enrolment_code and held.unit_code = one.unit_code
            and held.enrolment_code >= :after_enrolment
            and (cast(:before_enrolment as text) is null or held.enrolment_code < :before_enrolment)
        )
        union
        select one.enrolment_code, one.unit_code, one.status
        from core.proposed_results as one
        join core.recorded_results as held using (enrolment_code, unit_code)
        where one.decision = 'open' and held.closed_at is null
        and held.enrolment_code >= :after_enrolment
        and (cast(:before_enrolment as text) is null or held.enrolment_code < :before_enrolment)
    ) as doubtful
        on :state = 'not_possible'
        and doubtful.enrolment_code = listed.enrolment_code
        and doubtful.unit_code = listed.unit_code
        and doubtful.status = listed.status
    join core.enrolments as enrolled on enrolled.enrolment_code = listed.enrolment_code
    cross join lateral (
        select * from mart.proposals as shown
        where shown.enrolment_code = listed.enrolment_code
        and shown.unit_code = listed.unit_code
        and shown.proposed_status = listed.status
        limit 1
    ) as held
    where listed.decision = 'open'
    and coalesce(cast(:state as text), '') <> 'recorded'
    and (coalesce(cast(:state as text), '') <> 'adjusted' or listed.adjusted)
    and (coalesce(cast(:state as text), '') <> 'not_possible' or doubtful.enrolment_code is not null)
    and (cast(:state as text) is null or held.state = :state)
    and (cast(:until as timestamptz) is null or listed.proposed_at <= :until)
    and (listed.enrolment_code, listed.unit_code, listed.status) > (:after_enrolment, :after_unit, :after_status)
    and (cast(:before_enrolment as text) is null or listed.enrolment_code < :before_enrolment)
    and (cast(:occurrence as text) is null or enrolled.occurrence_code = :occurrence)
    and (cast(:learner as text) is null or enrolled.client_code = :learner)
    and (cast(:source as text) is null or listed.source = :source)
    and (cast(:since as date) is null or coalesce(listed.finished_on, listed.started_on) >= :since)
    and (cast(:since as date) is null or coalesce(held.finished_on, held.started_on) >= :since)
    and (
        cast(:course as text) is null
        or enrolled.occurrence_code = any(array(
            select linked.occurrence_code from core.linked_courses as linked
            where linked.source_course_id = :course and linked.in_force
        ))
    )
    order by listed.enrolment_code, listed.unit_code, listed.status
    limit :most
)
union
(
    select
        'recorded' as state,
        null as reason_code,
        held.source,
        enrolled.occurrence_code,
        listed.enrolment_code,
        enrolled.client_code,
        listed.unit_code,
        held.status as proposed_status,
        held.status,
        held.started_on,
        held.finished_on,
        held.grade_percent
    from core.unit_results as listed
    join core.enrolments as enrolled using (enrolment_code)
    cross join lateral (
        select * from mart.unit_results as shown
        where shown.enrolment_code = listed.enrolment_code
        and shown.unit_code = listed.unit_code
        limit 1
    ) as held
    where coalesce(cast(:state as text), 'recorded') = 'recorded'
    and (listed.enrolment_code, listed.unit_code) >= (:after_enrolment, :after_unit)
    and (cast(:before_enrolment as text) is null or listed.enrolment_code < :before_enrolment)
    and (listed.enrolment_code, listed.unit_code, held.status, 'recorded')
        > (:after_enrolment, :after_unit, :after_status, :after_state)
    and (cast(:occurrence as text) is null or enrolled.occurrence_code = :occurrence)
    and (cast(:learner as text) is null or enrolled.client_code = :learner)
    and (cast(:source as text) is null or listed.source = :source)
    and (cast(:since as date) is null or coalesce(listed.finished_on, listed.started_on) >= :since)
    and (cast(:since as date) is null or coalesce(held.finished_on, held.started_on) >= :since)
    and (
        cast(:course as text) is null
        or enrolled.occurrence_code = any(array(
            select linked.occurrence_code from core.linked_courses as linked
            where linked.source_course_id = :course and linked.in_force
        ))
    )
    order by listed.enrolment_code, listed.unit_code
    limit :most
)
union
(
    select
        'recorded' as state,
        null as reason_code,
        held.source,
        enrolled.occurrence_code,
        listed.enrolment_code,
        enrolled.client_code,
        listed.unit_code,
        held.status as proposed_status,
        held.status,
        held.started_on,
        held.finished_on,
        held.grade_percent
    from core.recorded_results as listed
    join core.enrolments as enrolled using (enrolment_code)
    cross join lateral (
        select * from mart.unit_results as shown
        where shown.enrolment_code = listed.enrolment_code
        and shown.unit_code = listed.unit_code
        limit 1
    ) as held
    where listed.closed_at is null
    and coalesce(cast(:state as text), 'recorded') = 'recorded'
    and (listed.enrolment_code, listed.unit_code) >= (:after_enrolment, :after_unit)
    and (cast(:before_enrolment as text) is null or listed.enrolment_code < :before_enrolment)
    and (listed.enrolment_code, listed.unit_code, held.status, 'recorded')
        > (:after_enrolment, :after_unit, :after_status, :after_state)
    and (cast(:occurrence as text) is null or enrolled.occurrence_code = :occurrence)
    and (cast(:learner as text) is null or enrolled.client_code = :learner)
    and (cast(:source as text) is null or held.source = :source)
    and (cast(:since as date) is null or coalesce(listed.finished_on, listed.started_on) >= :since)
    and (cast(:since as date) is null or coalesce(held.finished_on, held.started_on) >= :since)
    and (
        cast(:course as text) is null
        or enrolled.occurrence_code = any(array(
            select linked.occurrence_code from core.linked_courses as linked
            where linked.source_course_id = :course and linked.in_force
        ))
    )
    order by listed.enrolment_code, listed.unit_code
    limit :most
)
order by enrolment_code, unit_code, proposed_status, state
limit :most

-- name: waiting
-- How many wait for review: no more than :most are counted. shown_at: when the page began to read, by the clock that its
-- rows have their times from.
select count(*) as results, now() as shown_at
from (
    select from core.proposed_results
    where decision = 'open'
    limit :most
) as first_ones
