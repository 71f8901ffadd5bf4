-- migrate:up
-- What was rejected since yesterday is counted by reason from the index alone.
drop index ops.rejections_oldest;
create index rejections_oldest on ops.rejections (first_seen_at, rejection_id) include (source, scope, reason_code)
where resolved_at is null and dismissed_at is null;

-- migrate:down
