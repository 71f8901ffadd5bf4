-- One writer at a time: each statement that counts what stands locks its table, and the merge follows.

-- name: course_completions_merge
insert into core.course_completions
(source, source_course_id, client_code, completed_at, grade_percent, passed, run_id)
select :source, source_course_id, client_code, completed_at, grade_percent, passed, :run_id
from staged
order by source_course_id, client_code, completed_at
on conflict (source, source_course_id, client_code, completed_at) do nothing

-- name: course_completions_standing
lock table core.course_completions in share row exclusive mode;

select count(*) as standing
from staged
join core.course_completions as held using (source_course_id, client_code, completed_at)
where held.source = :source

-- name: course_passes_merge
insert into core.course_passes (source, source_course_id, client_code, passed_at, run_id)
select :source, source_course_id, client_code, passed_at, :run_id
from staged
order by source_course_id, client_code, passed_at
on conflict (source, source_course_id, client_code, passed_at) do nothing

-- name: course_passes_standing
lock table core.course_passes in share row exclusive mode;

select count(*) as standing
from staged
join core.course_passes as held using (source_course_id, client_code, passed_at)
where held.source = :source

-- name: enrolment_completions_merge
insert into core.enrolment_completions (enrolment_code, completed_on, source, run_id)
select enrolment_code, completed_on, :source, :run_id
from staged
order by enrolment_code
on conflict (enrolment_code) do nothing

-- name: enrolment_completions_standing
lock table core.enrolment_completions in share row exclusive mode;

select count(*) as standing
from staged
join core.enrolment_completions using (enrolment_code)

-- name: proposed_results_merge
-- A proposal that a person has decided on is not opened again by the same result.
insert into core.proposed_results
(enrolment_code, unit_code, source, status, started_on, finished_on, grade_percent, run_id)
select enrolment_code, unit_code, :source, status, started_on, finished_on, grade_percent, :run_id
from staged
order by enrolment_code, unit_code
on conflict (enrolment_code, unit_code, status) do update
set
    started_on = excluded.started_on,
    finished_on = excluded.finished_on,
    grade_percent = excluded.grade_percent,
    run_id = excluded.run_id,
    proposed_at = clock_timestamp()
where proposed_results.decision = 'open'
and not proposed_results.adjusted
and (proposed_results.started_on, proposed_results.finished_on, proposed_results.grade_percent)
    is distinct from (excluded.started_on, excluded.finished_on, excluded.grade_percent)

-- name: proposed_results_standing
lock table core.proposed_results in share row exclusive mode;

-- What is open says the same; what a person has decided on, or adjusted, stays as it is.
select count(*) as standing
from staged
join core.proposed_results as held using (enrolment_code, unit_code, status)
where held.decision <> 'open'
or held.adjusted
or (held.started_on, held.finished_on, held.grade_percent)
is not distinct from (staged.started_on, staged.finished_on, staged.grade_percent)

-- name: unit_results_merge
-- What is recorded stands, see core.stands; a start date stays.
merge into core.unit_results as held
using staged on held.enrolment_code = staged.enrolment_code and held.unit_code = staged.unit_code
when matched and not core.stands(held.status, staged.status, :allow_resit)
then update set
    source = :source,
    status = staged.status,
    finished_on = staged.finished_on,
    grade_percent = staged.grade_percent,
    run_id = :run_id,
    recorded_at = clock_timestamp()
when not matched then
insert (enrolment_code, unit_code, source, status, started_on, finished_on, grade_percent, run_id)
values (
    staged.enrolment_code,
    staged.unit_code,
    :source,
    staged.status,
    staged.started_on,
    staged.finished_on,
    staged.grade_percent,
    :run_id
)

-- name: unit_results_standing
lock table core.unit_results in share row exclusive mode;

select count(*) as standing
from staged
join core.unit_results as held using (enrolment_code, unit_code)
where core.stands(held.status, staged.status, :allow_resit)
