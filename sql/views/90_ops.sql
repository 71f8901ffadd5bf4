create or replace view mart.rejections as
select
    run_id,
    flow,
    source,
    scope,
    resource,
    record_key,
    reason_code,
    reason,
    first_seen_at,
    last_seen_at,
    resolved_at,
    dismissed_at,
    dismissed_by,
    dismissed_because
from ops.rejections;

comment on view mart.rejections is 'Rows that came in and were not recorded, each with its reason: open while the cause lasts, resolved by the run that no longer meets it';
comment on column mart.rejections.run_id is 'Run that read the row last and met the cause, or that resolved it';
comment on column mart.rejections.flow is 'Flow, or part of a flow, that rejected the row, such as moodle_results';
comment on column mart.rejections.source is 'Connected system that the row came from';
comment on column mart.rejections.scope is 'Part of the source that is judged as a whole: a course or an account';
comment on column mart.rejections.resource is 'What kind of row it is, such as learner or unit result';
comment on column mart.rejections.record_key is 'Which row it is: ids only';
comment on column mart.rejections.reason_code is 'Why, as a code';
comment on column mart.rejections.reason is 'Why, in a sentence';
comment on column mart.rejections.first_seen_at is 'When the row was rejected first';
comment on column mart.rejections.last_seen_at is 'When the row was rejected last: it is looked at again when something of it was read anew';
comment on column mart.rejections.dismissed_at is 'When a person said that nothing is to be done about it; it counts as open no more in reports and on pages, and comes back when its cause goes and comes again';
comment on column mart.rejections.dismissed_by is 'Who said so';
comment on column mart.rejections.dismissed_because is 'Why';
comment on column mart.rejections.resolved_at is 'When a run no longer met the cause; empty while the rejection is open';

-- Of a step that a run which started again did not come to any more, only what it wrote still counts.
create or replace view ops.run_step_counts as
select
    run_steps.run_id,
    run_steps.step,
    run_steps.scope,
    run_steps.attempt,
    case when current then run_steps.read else run_steps.written end as read,
    run_steps.written,
    case when current then run_steps.unchanged else 0 end as unchanged,
    case when current then run_steps.rejected else 0 end as rejected,
    case when current then run_steps.ignored else 0 end as ignored,
    run_steps.calls,
    run_steps.bytes,
    case when current then run_steps.problem_code end as problem_code,
    case when current then run_steps.problem end as problem,
    run_steps.finished_at,
    run_steps.decision,
    case when current then run_steps.note end as note
from ops.run_steps
cross join lateral (
    select run_steps.attempt >= max(run_attempts.attempt) as current
    from ops.run_attempts
    where run_attempts.run_id = run_steps.run_id and run_attempts.from_start
) as started;

comment on view ops.run_step_counts is 'What each step of a run did, over all its attempts';

create or replace view mart.runs as
select
    runs.run_id,
    runs.flow,
    runs.airflow_run_id,
    runs.started_at,
    runs.finished_at,
    case when runs.status = 'failed' and counted.stopped then 'stopped' else runs.status end as status,
    counted.read,
    counted.written,
    counted.unchanged,
    counted.rejected,
    counted.ignored,
    counted.calls,
    counted.bytes,
    counted.problems,
    asked.data_from,
    asked.data_to,
    runs.parameters,
    worked.attempts,
    worked.seconds,
    worked.version
from ops.runs
cross join lateral (
    select
        cast(coalesce(sum(read) filter (where comes_in), 0) as bigint) as read,
        cast(coalesce(sum(written) filter (where comes_in), 0) as bigint) as written,
        cast(coalesce(sum(unchanged) filter (where comes_in), 0) as bigint) as unchanged,
        cast(coalesce(sum(rejected) filter (where comes_in), 0) as bigint) as rejected,
        cast(coalesce(sum(ignored) filter (where comes_in), 0) as bigint) as ignored,
        cast(coalesce(sum(calls), 0) as bigint) as calls,
        cast(coalesce(sum(bytes), 0) as bigint) as bytes,
        count(problem_code) as problems,
        coalesce(bool_or(problem_code = 'stopped'), false) as stopped
    from (
        -- The rows of these steps are those that another step of the run has read already.
        select *, step not in ('award', 'drop', 'push') as comes_in
        from ops.run_step_counts as step
        where step.run_id = runs.run_id
    ) as steps
) as counted
cross join lateral (
    select
        count(*) as attempts,
        cast(extract(epoch from sum(attempt.finished_at - attempt.started_at)) as double precision) as seconds,
        (array_agg(attempt.version order by attempt.attempt desc))[1] as version
    from ops.run_attempts as attempt
    where attempt.run_id = runs.run_id
) as worked
cross join lateral (
    -- Nights are named by their end; the one of the run itself has none yet.
    select
        min(night.ends_at) - interval '1 day' as data_from,
        case when count(*) = count(night.ends_at) then max(night.ends_at) end as data_to
    from (
        select cast(nullif(shown, 'tonight') as timestamptz) as ends_at
        from jsonb_array_elements_text(runs.parameters -> 'nights') as shown
    ) as night
) as asked;

comment on view mart.runs is 'Every run of every flow, with its counts: read = written + unchanged + rejected + ignored. A row is counted once, in the step where it comes in; what became of it in later steps (competences given, points sent) and the files of drop locations stand in mart.run_steps';
comment on column mart.runs.run_id is 'Run; a run that was cleared and ran again keeps its id';
comment on column mart.runs.flow is 'Flow, such as moodle_results';
comment on column mart.runs.airflow_run_id is 'The same run as Airflow names it; empty for runs of the command line';
comment on column mart.runs.started_at is 'When the run started first';
comment on column mart.runs.finished_at is 'When it ended last; empty while it runs';
comment on column mart.runs.status is 'running, success, incomplete (some part could not be done: see the problems of its steps), failed (it broke off), stopped (by a person) or abandoned (its process was gone; closed by a later run)';
comment on column mart.runs.read is 'Rows that came in, each once';
comment on column mart.runs.written is 'Rows that were recorded new or changed';
comment on column mart.runs.unchanged is 'Rows that were recorded already';
comment on column mart.runs.rejected is 'Rows that were not recorded; each is covered by a line of mart.rejections, which may cover several (all units of a learner whom nobody matches)';
comment on column mart.runs.ignored is 'Rows of which nothing is to be recorded: attempts that are no passes (InfoCaption), rejected results that a later message replaces (IEP LVS), points that another row claims or whose account is paused (PE-Online)';
comment on column mart.runs.calls is 'Calls to outside systems';
comment on column mart.runs.bytes is 'Bytes received from outside systems';
comment on column mart.runs.problems is 'Steps that met a problem';
comment on column mart.runs.data_from is 'Start of the past nights that the run derived again; empty where it was for its own night only';
comment on column mart.runs.data_to is 'End of those nights; empty where they go on to the night of the run itself';
comment on column mart.runs.parameters is 'What was asked of the run, such as certain courses or a dry run';
comment on column mart.runs.attempts is 'How often it was worked on: once, and again whenever its tasks were cleared';
comment on column mart.runs.seconds is 'How long it was worked on, over all attempts; the time between them does not count';
comment on column mart.runs.version is 'Version of this program that worked on it last; empty where that was not kept yet';

create or replace view mart.run_steps as
select
    runs.run_id,
    runs.flow,
    step.step,
    step.scope,
    step.read,
    step.written,
    step.unchanged,
    step.rejected,
    step.ignored,
    step.calls,
    step.bytes,
    step.problem_code,
    step.problem,
    step.finished_at,
    step.attempt,
    step.decision,
    step.note
from ops.run_step_counts as step
join ops.runs using (run_id);

comment on view mart.run_steps is 'What each step of a run did for one course, batch or account';
comment on column mart.run_steps.run_id is 'Run';
comment on column mart.run_steps.flow is 'Flow of that run';
comment on column mart.run_steps.step is 'Step: plan, land, drop, derive, award, account, push, preview or run';
comment on column mart.run_steps.scope is 'For which course, batch or account';
comment on column mart.run_steps.read is 'Rows that came in';
comment on column mart.run_steps.written is 'Rows that were recorded new or changed';
comment on column mart.run_steps.unchanged is 'Rows that were recorded already';
comment on column mart.run_steps.rejected is 'Rows that were listed with a reason';
comment on column mart.run_steps.ignored is 'Rows of which nothing is to be recorded; see mart.runs';
comment on column mart.run_steps.calls is 'Calls to outside systems';
comment on column mart.run_steps.bytes is 'Bytes received from outside systems';
comment on column mart.run_steps.problem_code is 'Problem that the step met, as a code; empty where it met none';
comment on column mart.run_steps.problem is 'The same in a sentence';
comment on column mart.run_steps.finished_at is 'When the step ended';
comment on column mart.run_steps.attempt is 'Attempt of the run that did the step last';
comment on column mart.run_steps.decision is 'Why as much was asked of a course as was asked: quiet, few, many, teacher, hidden, first, sweep, full, asked_for, unread or changed (see the report of a run); empty for other steps';
comment on column mart.run_steps.note is 'What the report says of the step besides, and that asks nobody to do anything, such as that a push is off; empty for most';

create or replace view mart.run_attempts as
select
    run_attempts.run_id,
    runs.flow,
    run_attempts.attempt,
    run_attempts.from_start,
    run_attempts.started_at,
    run_attempts.finished_at,
    run_attempts.status,
    run_attempts.version
from ops.run_attempts
join ops.runs using (run_id);

comment on view mart.run_attempts is 'Each time that a run was worked on: once, and again whenever its tasks were cleared';
comment on column mart.run_attempts.run_id is 'Run';
comment on column mart.run_attempts.flow is 'Flow of that run';
comment on column mart.run_attempts.attempt is 'Number of the attempt, from 1';
comment on column mart.run_attempts.from_start is 'Whether the whole run started again; false where only failed tasks were cleared';
comment on column mart.run_attempts.started_at is 'When this attempt started';
comment on column mart.run_attempts.finished_at is 'When it ended; empty while it runs';
comment on column mart.run_attempts.status is 'How it ended: success, incomplete, failed or abandoned; running until then';
comment on column mart.run_attempts.version is 'Version of this program that worked on it; empty where that was not kept yet';

create or replace view mart.asked_courses as
select
    asked.source,
    asked.source_course_id,
    courses.name as course_name,
    asked.asked,
    last.decision as last_decision,
    last.calls as last_calls,
    last.bytes as last_bytes,
    last.finished_at as last_asked_at,
    last.run_id as last_run_id
from core.asked_courses as asked
join core.sources on sources.source = asked.source and sources.closed_at is null
left join core.courses on courses.source = asked.source and courses.source_course_id = asked.source_course_id
left join lateral (
    select
        step.decision,
        step.calls,
        step.bytes,
        step.finished_at,
        step.run_id
    from ops.run_steps as step
    where step.step = 'land'
    and step.scope = asked.source || '/' || asked.source_course_id
    order by step.finished_at desc
    limit 1
) as last on true;

comment on view mart.asked_courses is 'Courses that count for something: how often each is asked about, and why it cost what it did the last time';
comment on column mart.asked_courses.source is 'Connected system of the course';
comment on column mart.asked_courses.source_course_id is 'Course in that system';
comment on column mart.asked_courses.course_name is 'Its name as last seen';
comment on column mart.asked_courses.asked is 'every night; every week: its occurrences are finished, and results may come late; over: they ended so long ago that none is waited for (late_days of the source); gone or not published: it cannot be asked';
comment on column mart.asked_courses.last_decision is 'Why as much was asked as was asked the last time, as in mart.run_steps';
comment on column mart.asked_courses.last_calls is 'Calls that the last time took';
comment on column mart.asked_courses.last_bytes is 'Bytes that it received';
comment on column mart.asked_courses.last_asked_at is 'When that was; empty: never';
comment on column mart.asked_courses.last_run_id is 'In which run';

create or replace view mart.audit as
select audit_id, changed_at, who, through, table_name, key, before, after
from ops.audit;

comment on view mart.audit is 'Each row that a person added, changed or took away by a page, a command or an import, and each file that a person imported; names and addresses of people are left out';
comment on column mart.audit.audit_id is 'In the order of what happened';
comment on column mart.audit.changed_at is 'When: the same for all that was done at once';
comment on column mart.audit.who is 'Who, as Airflow or the operating system knows them, or as they said';
comment on column mart.audit.through is 'page, command or import';
comment on column mart.audit.table_name is 'Table, with its schema; what was decided about an item that is sent is of ops.outbox';
comment on column mart.audit.key is 'Key of the row; empty: the whole table, by a file';
comment on column mart.audit.before is 'What changed, as it was; empty for a row that was added';
comment on column mart.audit.after is 'What changed, as it is now; empty for a row that was taken away. Of a file: rows read, added, changed and closed';
