-- migrate:up
-- Every attempt is written twice, when an item is claimed and when its answer came: the second one finds room beside
-- the first, so that no index has to be written again.
alter table ops.outbox_attempts set (fillfactor = 50);

-- migrate:down
