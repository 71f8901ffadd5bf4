-- migrate:up

-- A run that was cleared goes on, or starts again, as another attempt; what it wrote before stays counted.
create table ops.run_attempts (
    run_id text not null references ops.runs,
    attempt int not null,
    from_start boolean not null,
    started_at timestamptz not null default clock_timestamp(),
    finished_at timestamptz,
    status text not null default 'running'
    check (status in ('running', 'success', 'incomplete', 'failed', 'abandoned')),
    primary key (run_id, attempt)
);
comment on table ops.run_attempts is 'Each time that a run was worked on: once, and again whenever its tasks were cleared';
comment on column ops.run_attempts.from_start is 'The whole run, whose problems of before no longer count; false where only failed tasks were cleared';

insert into ops.run_attempts (run_id, attempt, from_start, started_at, finished_at, status)
select run_id, 1, true, started_at, finished_at, status from ops.runs;

alter table ops.runs drop constraint runs_status_check;
alter table ops.runs add constraint runs_status_check
check (status in ('running', 'success', 'incomplete', 'failed', 'abandoned'));

alter table ops.run_steps add column attempt int not null default 1;
comment on column ops.run_steps.attempt is 'Attempt of the run that did this step last';
comment on table ops.run_steps is 'What one step of a run did for one course, batch or account; when it runs again, what it wrote before stays counted as written';

-- migrate:down
