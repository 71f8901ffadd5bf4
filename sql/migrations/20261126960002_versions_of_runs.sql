-- migrate:up

alter table ops.run_attempts add column version text;
comment on column ops.run_attempts.version is 'Version of this program that worked on the run; empty where that was not kept yet';

-- migrate:down
