-- migrate:up

-- What a supplier calls a school in its messages instead of its BRIN.
alter table core.school_links add column schoolkey text;

alter table ops.link_log add column times bigint not null default 1, add column last_happened_at timestamptz;
update ops.link_log set last_happened_at = happened_at;
alter table ops.link_log alter column last_happened_at set not null, alter column last_happened_at set default clock_timestamp();
comment on table ops.link_log is 'Every event of a school link and every message that came in under it, refusals for the same reason counted by the hour; never a key or a pupil';

-- migrate:down
