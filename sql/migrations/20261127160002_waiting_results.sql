-- migrate:up
-- What waits for review is few among all that was ever decided.
create index proposed_results_open on core.proposed_results (enrolment_code, unit_code, status) where decision = 'open';

-- migrate:down
