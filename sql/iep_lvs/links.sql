-- name: authorised
-- One school's link with the code that opens it (none: stopped), and whether anything came in since it was entered.
select
    brin6,
    supplier,
    supplier_code,
    start_date,
    reading = 'lenient' as lenient,
    unknown_pupil = 'fault' as fault_on_unknown_pupil,
    salt,
    hash,
    not exists (
        select from core.uwlr_messages as messages
        join ops.deliveries using (message_id)
        where messages.brin6 = school_links.brin6 and not messages.is_test and deliveries.received_at >= entered_at
    ) as is_new,
    schoolkey
from core.school_links
left join ops.link_codes using (brin6)
where brin6 = :brin6
and status = 'active'
and closed_at is null

-- name: enter_code
insert into ops.link_codes (brin6, salt, hash) values (:brin6, :salt, :hash)
on conflict (brin6) do update set salt = excluded.salt, hash = excluded.hash, entered_at = clock_timestamp()

-- name: list
select brin6, supplier, status, code_is_entered, last_message_at, messages, results, pupils, warnings, rejected
from mart.school_links
order by brin6

-- name: last_change
-- What a person did last to the link of a school.
select
    log_id,
    event,
    actor,
    happened_at
from mart.link_log
where brin6 = :brin6
and event in ('activated', 'code_entered', 'code_removed', 'paused', 'resumed', 'ended', 'changed')
order by log_id desc
limit 1

-- name: lock
-- Whoever else changes the link of this school waits until the end of this transaction.
select pg_advisory_xact_lock(hashtext('school_links'), hashtext(:brin6))

-- name: open
insert into core.school_links (brin6, supplier, supplier_code, accepted_by, accepted_on, start_date, status)
values (:brin6, :supplier, :supplier_code, :accepted_by, :accepted_on, :start_date, 'active')
on conflict (brin6) do update set
    supplier = excluded.supplier,
    supplier_code = excluded.supplier_code,
    accepted_by = excluded.accepted_by,
    accepted_on = excluded.accepted_on,
    start_date = excluded.start_date,
    status = excluded.status,
    closed_at = null

-- name: remove_code
delete from ops.link_codes where brin6 = :brin6

-- name: set_status
update core.school_links
set status = :status
where brin6 = :brin6 and status = any(:before) and closed_at is null

-- name: settings
update core.school_links
set
    reading = coalesce(:reading, reading),
    unknown_pupil = coalesce(:unknown_pupil, unknown_pupil),
    schoolkey = coalesce(:schoolkey, schoolkey)
where brin6 = :brin6 and closed_at is null

-- name: supplier_known
select 1 as known
from core.school_links
where supplier = :supplier and supplier_code = :supplier_code and closed_at is null
limit 1
