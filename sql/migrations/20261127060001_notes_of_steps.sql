-- migrate:up

alter table ops.run_steps add column note text;
comment on column ops.run_steps.note is 'What the report says of this step besides its counts, and that asks nobody to do anything; empty for most';

-- migrate:down
