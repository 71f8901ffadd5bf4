-- migrate:up
-- What is open and not dismissed is counted and listed from the index alone.
drop index ops.rejections_oldest;
create index rejections_oldest on ops.rejections (first_seen_at, rejection_id)
where resolved_at is null and dismissed_at is null;
drop index ops.rejections_of_a_reason;
create index rejections_of_a_reason on ops.rejections (source, reason_code, first_seen_at, rejection_id)
where resolved_at is null and dismissed_at is null;

-- What is not sent is few among all that was sent.
create index outbox_not_sent on ops.outbox (target, kind, status, reason) include (last_attempt_at, entered_at)
where status in ('withheld', 'rejected', 'unknown');

create index proposed_results_adjusted on core.proposed_results (enrolment_code, unit_code, status)
where decision = 'open' and adjusted;

-- The day by which results are asked for.
create index unit_results_by_day on core.unit_results ((coalesce(finished_on, started_on)));

-- Nearly every message is a completion.
drop index core.completion_messages_unusable;
create index completion_messages_of_no_use on core.completion_messages (outcome, message_id)
where outcome <> 'completion';

-- migrate:down
