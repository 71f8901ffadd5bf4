-- migrate:up
create table ops.erasures (
    erasure_id bigint generated always as identity primary key,
    erased_at timestamptz not null default clock_timestamp(),
    erased_by text not null,
    because text not null,
    counts jsonb not null,
    sent jsonb not null,
    lifted_at timestamptz,
    lifted_by text,
    lifted_because text
);
comment on table ops.erasures is 'People who were erased on request: when, by whom, and how many rows of which table; never who they were';
comment on column ops.erasures.because is 'Why, as whoever erased said; it names nobody';
comment on column ops.erasures.counts is 'Rows that were taken away, by table; of raw.landings and raw.inbox also those that were written again without the person';
comment on column ops.erasures.sent is 'What other systems had taken before and still hold, by target, account and kind: it has to be asked of them';
comment on column ops.erasures.lifted_at is 'When a person let the client be recorded again; empty: the erasure holds';

create table ops.erased (
    token bytea not null,
    erasure_id bigint not null references ops.erasures,
    primary key (token, erasure_id)
);
comment on table ops.erased is 'What keeps an erasure: keyed hashes (HMAC-SHA256) of the numbers and addresses that a source would name the person by, so that nothing of them is recorded again';

create table ops.erasure_key (
    only_one boolean primary key default true check (only_one),
    key bytea not null
);
comment on table ops.erasure_key is 'The key of the hashes in ops.erased, made here and never changed: whoever knows a code and reads this table can tell whether it was erased, and nobody else';
insert into ops.erasure_key (key)
select sha256(convert_to(gen_random_uuid()::text || gen_random_uuid()::text, 'UTF8'));

call ops.audit_table('ops.erasures');

-- A file that names nobody but people who were erased is taken, and nothing of it is kept.
alter table raw.drop_files alter column message_id drop not null;

-- migrate:down
