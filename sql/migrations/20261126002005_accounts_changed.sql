-- migrate:up

alter table core.site_accounts add column changed_landing_id bigint;
update core.site_accounts set changed_landing_id = landing_id;
alter table core.site_accounts alter column changed_landing_id set not null;
comment on column core.site_accounts.landing_id is 'Newest list that showed the account';
comment on column core.site_accounts.changed_landing_id is 'List that showed it new or with other fields';

-- migrate:down
