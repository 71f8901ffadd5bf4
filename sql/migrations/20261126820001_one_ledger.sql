-- migrate:up

-- One ledger for everything that is sent: what every target has stands in ops.outbox, what only the points of PE-Online
-- have stays in ops.pe_attendance. Rows keep their numbers.
create table ops.outbox (
    item_id bigint generated always as identity primary key,
    target text not null,
    kind text not null,
    account text not null,
    business_key jsonb not null,
    record_key text not null,
    if_unknown text not null check (if_unknown in ('send_again', 'read_back', 'person')),
    status text not null check (
        status in ('pending', 'sending', 'accepted', 'accepted_in_test', 'rejected', 'unknown', 'withheld')
    ),
    reason text,
    explanation text,
    attempts integer not null default 0,
    first_due_at timestamptz,
    last_attempt_at timestamptz,
    next_attempt_at timestamptz,
    entered_at timestamptz not null default clock_timestamp(),
    constraint one_item_a_fact unique (target, kind, business_key),
    check (status not in ('withheld', 'rejected', 'unknown') or reason is not null)
);
create index on ops.outbox (target, account, status);

insert into ops.outbox (
    item_id,
    target,
    kind,
    account,
    business_key,
    record_key,
    if_unknown,
    status,
    reason,
    explanation,
    attempts,
    first_due_at,
    last_attempt_at,
    next_attempt_at,
    entered_at
)
overriding system value
select
    attendance_id,
    'pe_online',
    'accreditation points',
    org_id,
    jsonb_build_object(
        'org_id', org_id,
        'client_code', client_code,
        'source', source,
        'source_course_id', source_course_id,
        'passed_at', to_char(passed_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
        'pe_course_id', pe_course_id,
        'external_course_code', external_course_code,
        'pe_module_id', pe_module_id,
        'external_module_code', external_module_code
    ),
    concat_ws(
        '/', client_code, source, source_course_id, coalesce(pe_course_id, external_course_code),
        coalesce(pe_module_id, external_module_code), left(end_date, 10)
    ),
    case when course_type in (2, 3) then 'send_again' else 'person' end,
    status,
    reason,
    explanation,
    attempts,
    first_due_at,
    last_attempt_at,
    next_attempt_at,
    entered_at
from ops.pe_attendance
order by attendance_id;
select setval(pg_get_serial_sequence('ops.outbox', 'item_id'), last_value, is_called)
from ops.pe_attendance_attendance_id_seq;

-- Every attempt and every decision, about an item of whatever target.
alter table ops.pe_attempts rename to outbox_attempts;
alter table ops.outbox_attempts rename column attendance_id to item_id;
alter table ops.outbox_attempts
    drop constraint pe_attempts_attendance_id_fkey,
    add foreign key (item_id) references ops.outbox;
alter table ops.pe_decisions rename to outbox_decisions;
alter table ops.outbox_decisions rename column attendance_id to item_id;
alter table ops.outbox_decisions
    drop constraint pe_decisions_attendance_id_fkey,
    add foreign key (item_id) references ops.outbox;

-- The view reads the new tables before the old columns go, so that it stays, and with it what others were granted or
-- have built on it.
create or replace view mart.pe_attendance as
select
    point.attendance_id,
    point.org_id,
    point.client_code,
    point.relation_number,
    point.pe_course_id,
    point.external_course_code,
    point.pe_module_id,
    point.external_module_code,
    point.course_type,
    point.end_date,
    item.status,
    item.reason,
    item.explanation,
    item.attempts,
    item.last_attempt_at,
    item.next_attempt_at,
    item.first_due_at,
    point.source,
    point.source_course_id,
    profession_groups.connection_id as account,
    (
        select cause from ops.outbox_attempts
        where item_id = item.item_id
        order by attempt_id desc limit 1
    ) as last_cause
from ops.pe_attendance as point
join ops.outbox as item on item.item_id = point.attendance_id
join core.profession_groups using (org_id);

alter table ops.pe_attendance alter column attendance_id drop identity;
alter table ops.pe_attendance rename column attendance_id to item_id;
alter table ops.pe_attendance
    drop constraint business_fact,
    drop column status,
    drop column reason,
    drop column explanation,
    drop column attempts,
    drop column first_due_at,
    drop column last_attempt_at,
    drop column next_attempt_at,
    drop column entered_at,
    add foreign key (item_id) references ops.outbox;
create index on ops.pe_attendance (org_id);

comment on table ops.outbox is 'Ledger of everything that is sent: one row for each fact that a target is to take, whether it has, and what comes next';
comment on column ops.outbox.target is 'Outside system that takes it, by the name of its connector';
comment on column ops.outbox.kind is 'What is sent, as the report calls it, such as accreditation points';
comment on column ops.outbox.account is 'What one pusher at a time has to itself: of PE-Online the profession group (orgID)';
comment on column ops.outbox.business_key is 'The fact: there is one row for it, whatever run finds it';
comment on column ops.outbox.record_key is 'How lists name it: ids only';
comment on column ops.outbox.if_unknown is 'How an outcome that nobody knows is settled: send_again (the target takes it once), read_back (the target shows what it has), person (somebody looks it up and decides)';
comment on column ops.outbox.status is 'pending (will be sent), sending (claimed by a pusher), accepted, accepted_in_test (sent again once the account is live), rejected, unknown (the answer was lost), withheld (cannot be sent yet)';
comment on column ops.outbox.reason is 'Why it stands so, as a code';
comment on column ops.outbox.explanation is 'The same in a sentence';
comment on column ops.outbox.attempts is 'How many times it was claimed to be sent';
comment on column ops.outbox.first_due_at is 'Since when it could be sent; the age limit of a rejected one counts from here';
comment on column ops.outbox.next_attempt_at is 'When a rejected one is offered again; empty: not by itself';
comment on table ops.outbox_attempts is 'Every time an item was offered to its target: when, by which run and connection, with what outcome and cause';
comment on table ops.outbox_decisions is 'What a person decided about an item: an unknown outcome settled, or an item offered again';
comment on table ops.pe_attendance is 'Items of ops.outbox for PE-Online: the result that a profession group grants points for, and how it is offered';
comment on column ops.pe_attendance.end_date is 'As offered: local time with its offset, frozen when the item entered the ledger, so that a resend is identical';

-- migrate:down
