-- migrate:up

-- Rejected for good, because the sentence of PE-Online was not recognised: offered once more, and judged again.
update ops.pe_attendance
set next_attempt_at = clock_timestamp()
where status = 'rejected' and reason = 'not_classified' and next_attempt_at is null;

-- migrate:down
