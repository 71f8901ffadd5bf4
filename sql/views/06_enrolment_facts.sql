-- What results depend on in the administration, enrolment by enrolment: whose facts are the same is not derived again.
create or replace view core.enrolment_facts as
select
    e.enrolment_code,
    e.client_code,
    e.occurrence_code,
    cast(
        row(
            e.enrolment_code, e.occurrence_code, e.status, e.start_date, c.enrolment_code is not null,
            planned.units, administered.results, derived.results
        ) as text
    ) as facts
from core.enrolments as e
left join core.enrolment_completions as c using (enrolment_code)
cross join lateral (
    select array_agg(cast(row(p.unit_code, p.expected_start_date) as text) order by p.unit_code) as units
    from core.enrolment_units as p
    where p.enrolment_code = e.enrolment_code and p.closed_at is null
) as planned
cross join lateral (
    select array_agg(cast(row(r.unit_code, r.status, r.started_on) as text) order by r.unit_code) as results
    from core.recorded_results as r
    where r.enrolment_code = e.enrolment_code and r.closed_at is null
) as administered
cross join lateral (
    select array_agg(cast(row(u.unit_code, u.status, u.started_on) as text) order by u.unit_code) as results
    from core.unit_results as u
    where u.enrolment_code = e.enrolment_code
) as derived
where e.closed_at is null;

comment on view core.enrolment_facts is 'What the results of an enrolment depend on in the administration: itself, its training plan, and what is recorded of it';
comment on column core.enrolment_facts.enrolment_code is 'The enrolment';
comment on column core.enrolment_facts.client_code is 'Whose it is';
comment on column core.enrolment_facts.occurrence_code is 'In which occurrence';
comment on column core.enrolment_facts.facts is 'All of that as one text';
