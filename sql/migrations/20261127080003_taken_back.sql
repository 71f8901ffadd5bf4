-- migrate:up

alter table ops.outbox_decisions
    drop constraint pe_decisions_decision_check,
    add constraint outbox_decisions_decision_check check (
        decision in ('registered', 'not_registered', 'resend', 'taken_back')
    );
comment on column ops.outbox_decisions.decision is 'registered or not_registered (an unknown outcome, looked up), resend (to be offered by the next push), taken_back (no longer: it was stopped before it was sent)';

-- migrate:down
