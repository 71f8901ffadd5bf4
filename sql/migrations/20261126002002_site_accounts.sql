-- migrate:up

create table core.site_accounts (
    source text not null references core.sources,
    user_id bigint not null,
    idnumber text,
    username text,
    email text,
    given_name text,
    surname text,
    landing_id bigint not null,
    primary key (source, user_id)
);
comment on table core.site_accounts is 'Accounts of a connected site as the newest list of participants shows them (empty = none or never shown): who claims to be which client is judged over all of them';

-- migrate:down
