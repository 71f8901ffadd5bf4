-- migrate:up

create table core.moodle_accounts (
    source text not null references core.sources,
    client_code text not null references core.clients,
    user_id text not null,
    origin text not null check (origin in ('stored', 'matched', 'made')),
    username text,
    firstname text,
    middlename text,
    lastname text,
    email text,
    suspended boolean not null,
    changes integer not null default 0,
    linked_at timestamptz not null default clock_timestamp(),
    primary key (source, client_code)
);
comment on table core.moodle_accounts is 'Whose account in Moodle is whose, as writing made or found it, and what the administration said of the person when it was confirmed last';
comment on column core.moodle_accounts.source is 'The site';
comment on column core.moodle_accounts.client_code is 'The person';
comment on column core.moodle_accounts.user_id is 'Number of the account in Moodle';
comment on column core.moodle_accounts.origin is 'stored: by the number in client_numbers.csv; matched: by code or fields; made: by us';
comment on column core.moodle_accounts.username is 'As it was sent last, or as the administration had it when the account was found; so the others';
comment on column core.moodle_accounts.firstname is 'First name, so';
comment on column core.moodle_accounts.middlename is 'Middle name, so; Moodle does not show it';
comment on column core.moodle_accounts.lastname is 'Last name, so';
comment on column core.moodle_accounts.email is 'E-mail address, so';
comment on column core.moodle_accounts.suspended is 'Whether the account is suspended, so';
comment on column core.moodle_accounts.changes is 'How many changes of the person were confirmed since';
comment on column core.moodle_accounts.linked_at is 'Since when the account is known to be the person''s';
-- Whose account is whose decides whose results are whose.
call ops.watch_reference('core.moodle_accounts');

create table ops.moodle_people (
    item_id bigint primary key references ops.outbox,
    source text not null,
    client_code text not null,
    stored_id text,
    username text,
    firstname text,
    middlename text,
    lastname text,
    email text,
    suspended boolean not null,
    changed text []
);
create index on ops.moodle_people (source, client_code);
comment on table ops.moodle_people is 'Items of ops.outbox for accounts of Moodle: an account that is to be found or made, or a change of one, and what the administration says of the person';

create table ops.moodle_enrolments (
    item_id bigint primary key references ops.outbox,
    source text not null,
    source_course_id text not null,
    enrolment_code text not null,
    client_code text not null,
    occurrence_code text not null,
    start_date date,
    user_id text,
    role_id text,
    timestart bigint,
    already boolean
);
create index on ops.moodle_enrolments (source, enrolment_code);
create index on ops.moodle_enrolments (source, source_course_id, client_code);
comment on table ops.moodle_enrolments is 'Items of ops.outbox for enrolments in Moodle, and for their withdrawal: who, in which course, and with what it was sent, which Moodle does not show';

-- migrate:down
