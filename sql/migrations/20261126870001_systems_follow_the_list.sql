-- migrate:up
-- Which systems there are is said by the list of connectors; sources.csv is checked against it.
alter table core.sources drop constraint sources_system_check;

-- migrate:down
