-- migrate:up
alter table core.proposed_results add column decided_because text;
comment on column core.proposed_results.decided_because is 'Why it was dismissed, in the words of whoever did; empty: none were given';

-- migrate:down
