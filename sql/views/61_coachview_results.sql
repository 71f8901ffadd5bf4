create or replace view mart.coachview_results as
select
    told.item_id as result_id,
    told.request_code,
    told.part_code,
    told.course_id,
    told.result,
    told.presence,
    told.passed,
    told.completed_on,
    item.status,
    item.reason,
    item.explanation,
    item.attempts,
    item.last_attempt_at,
    item.first_due_at,
    (
        select cause from ops.outbox_attempts
        where item_id = item.item_id
        order by attempt_id desc limit 1
    ) as last_cause
from ops.coachview_results as told
join ops.outbox as item using (item_id);

comment on view mart.coachview_results is 'Registrations that are sent to Coachview, one call a person and part, and whether Coachview took them';
comment on column mart.coachview_results.result_id is 'Number of the row in the ledger, as the command line names it';
comment on column mart.coachview_results.request_code is 'Request of the learner; the first, where the completion was registered on several';
comment on column mart.coachview_results.part_code is 'E-learning part of its training';
comment on column mart.coachview_results.course_id is 'Course of the e-learning system, which Coachview knows the part by';
comment on column mart.coachview_results.result is 'Result that is sent; empty: none';
comment on column mart.coachview_results.presence is 'Presence that is sent; empty: none';
comment on column mart.coachview_results.passed is 'Pass that is sent; empty: none';
comment on column mart.coachview_results.completed_on is 'Day of completion that is sent';
comment on column mart.coachview_results.status is 'pending (will be sent), sending, accepted, rejected, unknown (the answer was lost: Coachview is asked what it has), withheld (the request is finished)';
comment on column mart.coachview_results.reason is 'Why it was rejected, is withheld or unknown: a code';
comment on column mart.coachview_results.explanation is 'The same in plain words';
comment on column mart.coachview_results.attempts is 'How many times it was offered to Coachview';
comment on column mart.coachview_results.last_attempt_at is 'When it was offered last';
comment on column mart.coachview_results.first_due_at is 'Since when it could be sent';
comment on column mart.coachview_results.last_cause is 'Why the last attempt got no usable answer or was not sent; empty where Coachview answered';
