-- migrate:up

alter table core.sources add column late_days integer not null default 180 check (late_days > 0);
comment on column core.sources.late_days is 'For how many days after the finish date of a finished occurrence results may still come in; then its course is over and not asked any more';

create function core.is_over(status text, finish_date date, late_days integer, timezone text)
returns boolean
language sql stable parallel safe as $$
select status = 'finished' and coalesce(finish_date + late_days < cast(now() at time zone timezone as date), false)
$$;
comment on function core.is_over is 'Whether an occurrence ended so long ago that a source tells nothing new of it';

alter table ops.run_steps add column decision text;
comment on column ops.run_steps.decision is 'Why as much was asked of a course as was asked, as a code; empty for other steps, and where the poll broke off before';
create index on ops.run_steps (scope, finished_at desc) where step = 'land';

-- migrate:down
