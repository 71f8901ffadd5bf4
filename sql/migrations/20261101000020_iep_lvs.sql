-- migrate:up

create table core.school_links (
    brin6 text primary key check (brin6 ~ '^[0-9]{2}[A-Z]{2}[0-9]{2}$'),
    supplier text not null,
    supplier_code text not null,
    accepted_by text not null,
    accepted_on date not null,
    start_date date not null,
    status text not null check (status in ('active', 'paused', 'ended')),
    reading text not null default 'strict' check (reading in ('strict', 'lenient')),
    unknown_pupil text not null default 'quarantine' check (unknown_pupil in ('quarantine', 'fault')),
    closed_at timestamptz
);
comment on table core.school_links is 'Schools whose test results a supplier may deliver, and who accepted its terms';

create table core.excluded_tests (
    pattern text primary key,
    reason text not null,
    closed_at timestamptz
);
comment on table core.excluded_tests is 'Tests that are not recorded: a code without letters is the whole code, words stand anywhere in code or name';
insert into core.excluded_tests (pattern, reason) values
('0013', 'final test (OSO kind 0013)'),
('eindtoets', 'final test'),
('doorstroomtoets', 'final test');

create table ops.link_codes (
    brin6 text primary key references core.school_links,
    salt bytea not null,
    hash bytea not null,
    entered_at timestamptz not null default clock_timestamp()
);
comment on table ops.link_codes is 'Verificatiecode of each school link, hashed with scrypt; no row: the exchange is stopped';

create table ops.link_log (
    log_id bigint generated always as identity primary key,
    brin6 text not null,
    happened_at timestamptz not null default clock_timestamp(),
    event text not null,
    fault_code text,
    detail text,
    actor text,
    message_id bigint
);
create index on ops.link_log (brin6, log_id desc);
comment on table ops.link_log is 'Every event of a school link and every message that came in under it; never a key or a pupil';

create function ops.log_link() returns trigger language plpgsql as $$
declare
    happened text;
begin
    if tg_op = 'INSERT' or old.closed_at is not null and new.closed_at is null then
        happened := case new.status when 'active' then 'activated' else new.status end;
    elsif new.closed_at is not null and old.closed_at is null then
        happened := 'ended';
    elsif new.status <> old.status then
        happened := case new.status
            when 'active' then case old.status when 'paused' then 'resumed' else 'activated' end
            else new.status
        end;
    elsif new is distinct from old then
        happened := 'changed';
    else
        return null;
    end if;
    insert into ops.link_log (brin6, event, detail, actor) values (
        new.brin6, happened,
        format('terms accepted by %s on %s, starts on %s', new.accepted_by, new.accepted_on, new.start_date),
        nullif(current_setting('etl.actor', true), '')
    );
    return null;
end
$$;
create trigger log_link after insert or update on core.school_links
for each row execute function ops.log_link();

create function ops.log_link_code() returns trigger language plpgsql as $$
begin
    insert into ops.link_log (brin6, event, actor) values (
        coalesce(new.brin6, old.brin6),
        case tg_op when 'DELETE' then 'code_removed' else 'code_entered' end,
        nullif(current_setting('etl.actor', true), '')
    );
    return null;
end
$$;
create trigger log_link_code after insert or update or delete on ops.link_codes
for each row execute function ops.log_link_code();

create table raw.inbox (
    message_id bigint generated always as identity primary key,
    source text not null,
    brin6 text not null references core.school_links,
    channel text not null check (channel in ('soap', 'drop')),
    kind text not null check (kind in ('results', 'test')),
    sha256 bytea not null,
    body bytea,
    created_at timestamptz not null,
    school_year text not null,
    lenient boolean not null,
    results bigint not null,
    deliveries bigint not null default 1,
    received_at timestamptz not null default clock_timestamp(),
    last_received_at timestamptz not null default clock_timestamp(),
    unique (source, brin6, sha256)
);
alter table raw.inbox alter column body set storage external;
create index on raw.inbox (received_at);
comment on table raw.inbox is 'Messages that were sent to us or dropped, each once, compressed with zlib, without the header that holds the key; the body goes when its retention ends';

create table raw.drop_files (
    source text not null,
    address text not null,
    fingerprint text not null,
    message_id bigint references raw.inbox,
    reason text,
    taken_at timestamptz not null default clock_timestamp(),
    primary key (source, address, fingerprint),
    check ((message_id is null) <> (reason is null))
);
comment on table raw.drop_files is 'Files of a drop location that were taken, or set aside with a reason; the same file is not taken again';

create table core.test_result_versions (
    source text not null,
    brin6 text not null,
    result_key text not null,
    created_at timestamptz not null,
    message_id bigint not null references raw.inbox,
    pupil_key text not null references core.clients,
    test_code text not null,
    test_part text,
    test_name text,
    test_version text,
    year_group text,
    subject text,
    taken_on date not null,
    school_year text not null,
    level text,
    warnings text,
    measures jsonb not null,
    content text not null,
    run_id text not null,
    recorded_at timestamptz not null default clock_timestamp(),
    primary key (source, brin6, result_key, created_at, message_id)
);
create index on core.test_result_versions (message_id);
create index on core.test_result_versions (pupil_key);
comment on table core.test_result_versions is 'What each message says of a result; of equal neighbours in time only the first and the last are kept';

call ops.watch_reference('core.school_links');
call ops.watch_reference('core.excluded_tests');

-- migrate:down
