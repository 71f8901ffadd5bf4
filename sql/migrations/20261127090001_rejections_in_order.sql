-- migrate:up
create index rejections_oldest on ops.rejections (first_seen_at, rejection_id) where resolved_at is null;
create index rejections_of_a_reason on ops.rejections (source, reason_code, first_seen_at, rejection_id)
where resolved_at is null;

-- migrate:down
