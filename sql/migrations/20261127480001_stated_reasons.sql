-- migrate:up
-- Which accepted items are looked at again stood in the program alone, so that nobody who reads the ledger could list them.
alter table ops.moot_reasons rename to stated_reasons;
alter index ops.moot_reasons_pkey rename to stated_reasons_pkey;
alter table ops.stated_reasons
add column meaning text not null default 'nothing_to_do' check (meaning in ('nothing_to_do', 'doubt'));
alter table ops.stated_reasons alter column meaning drop default;
comment on table ops.stated_reasons is 'What reasons of items that are sent mean for people, as every plan of a target states it';
comment on column ops.stated_reasons.target is 'System that it is sent to';
comment on column ops.stated_reasons.kind is 'Kind of what is sent';
comment on column ops.stated_reasons.meaning is 'nothing_to_do: it asks nobody to do anything; doubt: an accepted item that has it is looked at again';

-- migrate:down
