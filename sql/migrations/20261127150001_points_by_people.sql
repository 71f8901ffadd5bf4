-- migrate:up
create table ops.account_pauses (
    pause_id bigint generated always as identity primary key,
    connection_id text not null,
    paused_by text not null check (btrim(paused_by) <> ''),
    paused_because text not null check (btrim(paused_because) <> ''),
    paused_at timestamptz not null default clock_timestamp(),
    resumed_by text check (btrim(resumed_by) <> ''),
    resumed_at timestamptz,
    check ((resumed_by is null) = (resumed_at is null))
);
create unique index one_pause_at_a_time on ops.account_pauses (connection_id) where resumed_at is null;
comment on table ops.account_pauses is 'Accounts of targets that a person paused: nothing is sent with one until a person lets it go on';
comment on column ops.account_pauses.connection_id is 'Connection of the account';
comment on column ops.account_pauses.paused_by is 'Who paused it';
comment on column ops.account_pauses.paused_because is 'Why';
comment on column ops.account_pauses.resumed_by is 'Who let it go on; empty while it is paused';

-- The ledger by status, newest first, of all accounts or of one.
create index outbox_by_status on ops.outbox (target, status, item_id);
create index outbox_of_account_by_status on ops.outbox (target, account, status, item_id) include (reason);
create index outbox_by_reason on ops.outbox (target, reason, item_id) where reason is not null;
drop index ops.outbox_target_account_status_idx;

-- migrate:down
