-- migrate:up

-- A pupil number counts within its school: scheme leerlingid:<brin6>.
create index on core.client_numbers using hash (value);
comment on table core.client_numbers is 'Numbers a person has elsewhere: pe:<org_id>, moodle:<source>, eckid, leerlingid:<brin6> (the pupil number at that school) ...';

-- The link of a school says under which source its results are kept, whatever way they come and whatever else is
-- connected. Schools whose messages stand under several names keep the name of their first message.
alter table core.school_links add column source text not null default 'iep_lvs';
alter table core.school_links disable trigger user;
update core.school_links
set source = coalesce(
    (select inbox.source from raw.inbox where inbox.brin6 = school_links.brin6 order by message_id limit 1),
    (select min(sources.source) from core.sources where system = 'iep_lvs' and closed_at is null),
    'iep_lvs'
);
alter table core.school_links enable trigger user;

create temporary table doubled on commit drop as
select * from (
    select
        message_id,
        brin6,
        source,
        first_value(message_id) over (partition by brin6, sha256 order by message_id) as kept_id
    from raw.inbox
) as numbered
where message_id <> kept_id;

delete from core.test_result_versions where message_id in (select message_id from doubled);
update raw.drop_files set message_id = kept_id from doubled where drop_files.message_id = doubled.message_id;
update ops.link_log set message_id = kept_id from doubled where link_log.message_id = doubled.message_id;
update ops.rejections
set resolved_at = clock_timestamp()
from doubled
where rejections.flow = 'iep_test_results'
and rejections.source = doubled.source
and rejections.scope = doubled.brin6 || '/' || doubled.message_id
and rejections.resolved_at is null;
update raw.inbox as kept
set deliveries = kept.deliveries + again.deliveries, last_received_at = greatest(kept.last_received_at, again.received_at)
from (
    select
        kept_id,
        sum(deliveries) as deliveries,
        max(last_received_at) as received_at
    from doubled
    join raw.inbox using (message_id)
    group by kept_id
) as again
where kept.message_id = again.kept_id;
delete from raw.inbox where message_id in (select message_id from doubled);

update raw.inbox set source = school_links.source
from core.school_links where inbox.brin6 = school_links.brin6 and inbox.source <> school_links.source;
update core.test_result_versions as held set source = school_links.source
from core.school_links where held.brin6 = school_links.brin6 and held.source <> school_links.source;
update ops.rejections set source = school_links.source
from core.school_links
where rejections.flow = 'iep_test_results'
and split_part(rejections.scope, '/', 1) = school_links.brin6
and rejections.source <> school_links.source;

-- A source is a name: another one for a school's link renames what came in under it, so that nothing is kept twice.
create function core.rename_school_source() returns trigger language plpgsql as $$
begin
    update raw.inbox set source = new.source where brin6 = new.brin6;
    update core.test_result_versions set source = new.source where brin6 = new.brin6;
    update ops.rejections set source = new.source
    where flow = 'iep_test_results' and split_part(scope, '/', 1) = new.brin6;
    update ops.derivations set source = new.source
    where flow = 'iep_test_results' and split_part(scope, '/', 1) = new.brin6;
    return null;
end
$$;
create trigger rename_source after update of source on core.school_links
for each row when (old.source <> new.source) execute function core.rename_school_source();

-- Of each record only what the last message says stays open, seen since the first one said so.
create temporary table listed on commit drop as
select
    rejections.rejection_id,
    max(split_part(rejections.scope, '/', 2)::bigint) over by_record as last_message,
    split_part(rejections.scope, '/', 2)::bigint as message_id,
    min(rejections.first_seen_at) over (partition by rejections.source, rejections.record_key, rejections.reason_code)
        as first_seen_at
from ops.rejections
where rejections.flow = 'iep_test_results' and rejections.resolved_at is null
window by_record as (partition by rejections.source, rejections.record_key);

update ops.rejections set resolved_at = clock_timestamp()
from listed where listed.rejection_id = rejections.rejection_id and listed.message_id <> listed.last_message;
update ops.rejections set first_seen_at = listed.first_seen_at
from listed where listed.rejection_id = rejections.rejection_id and listed.message_id = listed.last_message;

-- Messages with results that the reference data kept from being recorded are derived again when it changes.
alter table raw.inbox add column left_out boolean not null default false;

-- Pupils are matched by other rules now: what is still there is derived once more.
delete from ops.derivations where flow = 'iep_test_results';

-- A file that cannot be taken is looked at again as long as it lies there: what kept it out may have been mended.
delete from raw.drop_files where message_id is null;
alter table raw.drop_files drop column reason, alter column message_id set not null;
comment on table raw.drop_files is 'Files of a drop location that were taken; the same file is not taken again';

-- migrate:down
