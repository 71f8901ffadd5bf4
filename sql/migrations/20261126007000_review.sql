-- migrate:up

alter table core.proposed_results
add column adjusted_status text check (adjusted_status in ('started', 'passed', 'failed'));
comment on column core.proposed_results.status is 'As it was derived; with enrolment and unit the key, so that a later poll finds the proposal again';
comment on column core.proposed_results.adjusted_status is 'What a person made of it; empty: as it was derived';

-- migrate:down
