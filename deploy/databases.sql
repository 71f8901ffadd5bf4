-- One role and two databases for the product, and a role for those who only read the views.
-- psql -v password=... < deploy/databases.sql, as an administrator of PostgreSQL
create role results login password :'password';
create database warehouse owner results;
create database airflow owner results;
create role results_reader;
