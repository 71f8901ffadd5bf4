-- Whoever is a member of results_reader reads the public views, also those of a later release, and nothing else:
--   create role anna login password '...' in role results_reader;
-- psql "$WAREHOUSE_URL" -f deploy/readers.sql, once after the first `etl db migrate`
grant usage on schema mart to results_reader;
grant select on all tables in schema mart to results_reader;
alter default privileges in schema mart grant select on tables to results_reader;
