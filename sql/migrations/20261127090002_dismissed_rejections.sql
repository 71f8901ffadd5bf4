-- migrate:up
alter table ops.rejections
add column dismissed_at timestamptz,
add column dismissed_by text,
add column dismissed_because text,
add constraint dismissed_by_somebody check (num_nulls(dismissed_at, dismissed_by, dismissed_because) in (0, 3));
comment on column ops.rejections.dismissed_at is 'When a person said that nothing is to be done about it; it is listed as open no more, and stands until its cause is gone';
comment on column ops.rejections.dismissed_by is 'Who said so';
comment on column ops.rejections.dismissed_because is 'Why';

-- migrate:down
