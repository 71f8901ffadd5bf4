-- migrate:up
-- Results of a day stand together, as the nights wrote them: what each stretch of the table holds at most says where to
-- look, and costs a load next to nothing, where a key for each result cost it a seventh.
drop index core.unit_results_by_day;
create index unit_results_by_day on core.unit_results using brin ((coalesce(finished_on, started_on)));

-- migrate:down
