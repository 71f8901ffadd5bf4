-- name: adjust
-- The result that it becomes has a start, not after its finish, and a finish unless it is only started.
update core.proposed_results as proposed
set
    adjusted_status = wanted.status,
    started_on = wanted.started_on,
    finished_on = wanted.finished_on,
    adjusted = true
from (
    select
        enrolment_code,
        unit_code,
        status as derived,
        coalesce(:result, adjusted_status, status) as status,
        coalesce(cast(:started_on as date), started_on) as started_on,
        coalesce(cast(:finished_on as date), finished_on) as finished_on
    from core.proposed_results
    where enrolment_code = :enrolment_code
    and unit_code = :unit_code
    and status = :status
    and decision = 'open'
    and (cast(:seen as jsonb) is null or cast(:seen as jsonb) @> jsonb_build_object(
        'status', coalesce(adjusted_status, status),
        'started_on', started_on,
        'finished_on', case when coalesce(adjusted_status, status) <> 'started' then finished_on end
    ))
) as wanted
where proposed.enrolment_code = wanted.enrolment_code
and proposed.unit_code = wanted.unit_code
and proposed.status = wanted.derived
and wanted.started_on <= coalesce(wanted.finished_on, 'infinity')
and (wanted.status = 'started' or wanted.finished_on is not null)

-- name: as_it_is
select status, started_on, finished_on, state, decided_by
from mart.proposals
where enrolment_code = :enrolment_code and unit_code = :unit_code and proposed_status = :proposed_status

-- name: decide
-- Approved proposals are recorded by the same rule as results that need no review; those that cannot be recorded stay.
-- seen: those that are meant, as whoever decides saw them; one that is another by now is left alone, and how it stands
-- is told.
with chosen as (
    select enrolment_code, unit_code, proposed_status, status, finished_on
    from mart.proposals
    where (state in ('ready', 'adjusted') or (state = 'not_possible' and :decision = 'dismissed'))
    and (cast(:source as text) is null or source = :source)
    and (cast(:enrolment_code as text) is null or enrolment_code = :enrolment_code)
    and (cast(:unit_code as text) is null or unit_code = :unit_code)
    and (
        cast(:seen as jsonb) is null
        or (enrolment_code, unit_code, proposed_status, status, started_on, coalesce(finished_on, 'infinity')) in (
            select
                enrolment_code, unit_code, proposed_status, status, started_on, coalesce(finished_on, 'infinity')
            from jsonb_to_recordset(cast(:seen as jsonb)) as seen (
                enrolment_code text, unit_code text, proposed_status text, status text, started_on date, finished_on date
            )
        )
    )
),

decided as (
    update core.proposed_results as proposed
    set decision = :decision, decided_by = :decided_by, decided_at = clock_timestamp(), decided_because = :because
    from chosen
    where proposed.enrolment_code = chosen.enrolment_code
    and proposed.unit_code = chosen.unit_code
    and proposed.status = chosen.proposed_status
    and proposed.decision = 'open'
    returning
        proposed.enrolment_code,
        proposed.unit_code,
        proposed.status as proposed_status,
        proposed.source,
        chosen.status,
        proposed.started_on,
        chosen.finished_on,
        proposed.grade_percent,
        proposed.run_id,
        proposed.decision
),

recorded as (
    insert into core.unit_results as held
    (enrolment_code, unit_code, source, status, started_on, finished_on, grade_percent, run_id)
    select distinct on (enrolment_code, unit_code)
        enrolment_code, unit_code, source, status, started_on, finished_on, grade_percent, run_id
    from decided
    where decision = 'approved'
    order by enrolment_code, unit_code, core.result_rank(status)
    on conflict (enrolment_code, unit_code) do update
    set
        source = excluded.source,
        status = excluded.status,
        finished_on = excluded.finished_on,
        grade_percent = excluded.grade_percent,
        run_id = excluded.run_id,
        recorded_at = clock_timestamp()
    where not core.stands(
        held.status,
        excluded.status,
        (select s.allow_resit from core.sources s where s.source = excluded.source)
    )
    returning 1
),

left_alone as (
    select now.state, now.decided_by, count(*) as results
    from jsonb_to_recordset(cast(:seen as jsonb)) as meant (
        enrolment_code text, unit_code text, proposed_status text
    )
    left join mart.proposals as now using (enrolment_code, unit_code, proposed_status)
    where (enrolment_code, unit_code, proposed_status) not in (
        select enrolment_code, unit_code, proposed_status from decided
    )
    group by now.state, now.decided_by
)

select
    (select count(*) from decided) as decided,
    (select count(*) from recorded) as recorded,
    (select coalesce(json_agg(left_alone), '[]') from left_alone) as left_alone

-- name: open
select
    state,
    reason_code,
    source,
    occurrence_code,
    enrolment_code,
    client_code,
    unit_code,
    unit_name,
    status,
    started_on,
    finished_on,
    grade_percent,
    proposed_at
from mart.proposals
where state in ('ready', 'adjusted', 'not_possible')
and (cast(:source as text) is null or source = :source)
and (cast(:enrolment_code as text) is null or enrolment_code = :enrolment_code)
and (cast(:unit_code as text) is null or unit_code = :unit_code)
order by occurrence_code, enrolment_code, unit_code, status
