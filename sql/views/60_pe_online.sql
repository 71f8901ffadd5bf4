create or replace view mart.pe_attendance as
select
    point.item_id as attendance_id,
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
join ops.outbox as item using (item_id)
join core.profession_groups using (org_id);

comment on view mart.pe_attendance is 'Accreditation points: every result that a profession group grants points for, and whether PE-Online accepted it';
comment on column mart.pe_attendance.attendance_id is 'Number of the row in the ledger, as the command line names it';
comment on column mart.pe_attendance.org_id is 'Profession group (orgID of PE-Online)';
comment on column mart.pe_attendance.client_code is 'The learner, as the administration names the client';
comment on column mart.pe_attendance.relation_number is 'Number of the learner in the register of the profession group';
comment on column mart.pe_attendance.pe_course_id is 'Course as PE-Online numbers it; empty where the provider''s own code is used';
comment on column mart.pe_attendance.external_course_code is 'Course by the provider''s own code; empty where the number of PE-Online is used';
comment on column mart.pe_attendance.pe_module_id is 'Module as PE-Online numbers it, if the e-learning has modules';
comment on column mart.pe_attendance.external_module_code is 'Module by the provider''s own code';
comment on column mart.pe_attendance.course_type is '1 classroom per meeting, 2 e-learning, 3 expertise group, 4 classroom as a whole';
comment on column mart.pe_attendance.end_date is 'When the learner passed, in the time zone of the account, exactly as it is offered to PE-Online';
comment on column mart.pe_attendance.status is 'pending (will be sent), sending, accepted (by the service; PE-Online books minutes later and reports nothing back), accepted_in_test (sent again after activation), rejected, unknown (the answer was lost), withheld (cannot be sent yet)';
comment on column mart.pe_attendance.reason is 'Why it was rejected, is withheld or unknown, or waits (account_paused): a code';
comment on column mart.pe_attendance.explanation is 'The same in plain words, with the text of PE-Online where it gave one (without the relation number)';
comment on column mart.pe_attendance.attempts is 'How many times the row was offered to PE-Online';
comment on column mart.pe_attendance.last_attempt_at is 'When it was offered last';
comment on column mart.pe_attendance.next_attempt_at is 'When a rejected row is offered again; empty: not by itself';
comment on column mart.pe_attendance.first_due_at is 'Since when the row could be sent';
comment on column mart.pe_attendance.source is 'Connected system that the result came from';
comment on column mart.pe_attendance.source_course_id is 'Course in that system';
comment on column mart.pe_attendance.account is 'PE-Online account (connection) that writes for this profession group';
comment on column mart.pe_attendance.last_cause is 'Why the last attempt got no usable answer or was not sent: HTTP status, TLS, time-out, fault code; empty where PE-Online answered';
