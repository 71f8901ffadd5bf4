-- migrate:up

-- One inbox for all systems: what only UWLR says of a message stands beside it, each delivery has a line of its own, and
-- the name of a source, which a site may change, is no part of what came in.
create table core.uwlr_messages (
    message_id bigint primary key references raw.inbox,
    brin6 text not null references core.school_links,
    school_year text not null,
    is_test boolean not null,
    lenient boolean not null,
    results bigint not null,
    left_out boolean not null default false
);
insert into core.uwlr_messages
select message_id, brin6, school_year, kind = 'test', lenient, results, left_out from raw.inbox;
create index on core.uwlr_messages (brin6);
comment on table core.uwlr_messages is 'What UWLR says of a message of the inbox: of which school and school year, how it is read, whether it only tests the link';

create table ops.deliveries (
    delivery_id bigint generated always as identity primary key,
    message_id bigint not null references raw.inbox,
    received_at timestamptz not null default clock_timestamp(),
    channel text not null check (channel in ('http', 'drop')),
    authenticated_by text not null check (authenticated_by in ('key', 'signature', 'location'))
);
comment on table ops.deliveries is 'Each time that a message of the inbox came in: by which way, and what proved whose it is (a key in it, a signature, or that only its sender can write to the drop location)';

-- Of earlier deliveries the link log says when they were; the inbox itself kept the first moment and the last.
insert into ops.deliveries (message_id, received_at, channel, authenticated_by)
select
    inbox.message_id,
    case number
        when 1 then inbox.received_at
        when inbox.deliveries then inbox.last_received_at
        else coalesce(logged.happened_at, inbox.last_received_at)
    end,
    case inbox.channel when 'soap' then 'http' else 'drop' end,
    case inbox.channel when 'soap' then 'key' else 'location' end
from raw.inbox
cross join generate_series(1, inbox.deliveries) as number
left join (
    select message_id, happened_at, row_number() over (partition by message_id order by log_id) as number
    from ops.link_log
    where message_id is not null
) as logged using (message_id, number)
order by 2, 1;
create index on ops.deliveries (message_id, received_at);

-- The view of links reads columns that go. It keeps its shape, and what was built on it, until the views are made again.
do $$
begin
    if to_regclass('mart.school_links') is not null then
        execute (
            select format(
                'create or replace view mart.school_links as select %s',
                string_agg(format('cast(null as %s) as %I', format_type(atttypid, atttypmod), attname), ', ' order by attnum)
            )
            from pg_attribute
            where attrelid = 'mart.school_links'::regclass and attnum > 0 and not attisdropped
        );
    end if;
end
$$;

alter table raw.inbox
drop constraint inbox_source_brin6_sha256_key,
drop constraint inbox_brin6_fkey,
drop column source,
drop column channel,
drop column kind,
drop column school_year,
drop column lenient,
drop column results,
drop column left_out,
drop column deliveries,
drop column last_received_at,
alter column created_at drop not null,
add column system text not null default 'iep_lvs',
add column content_type text not null default 'text/xml';
drop index raw.inbox_brin6_idx;
alter table raw.inbox rename column brin6 to origin;
alter table raw.inbox rename column sha256 to key;
alter table raw.inbox
alter column system drop default,
alter column content_type drop default,
add constraint inbox_system_origin_key_key unique (system, origin, key);
comment on table raw.inbox is 'Messages that outside systems sent or dropped, each once, compressed with zlib, without what proved whose they are; origin is whose key or signature that was, key what makes it the same message when it comes again; the body goes when its retention ends';

create or replace function core.rename_school_source() returns trigger language plpgsql as $$
begin
    update core.test_result_versions set source = new.source where brin6 = new.brin6;
    update ops.rejections set source = new.source
    where flow = 'iep_test_results' and split_part(scope, '/', 1) = new.brin6;
    update ops.derivations set source = new.source
    where flow = 'iep_test_results' and split_part(scope, '/', 1) = new.brin6;
    return null;
end
$$;

-- migrate:down
