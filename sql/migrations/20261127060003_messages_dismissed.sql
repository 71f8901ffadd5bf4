-- migrate:up

create table ops.message_dismissals (
    message_id bigint primary key references raw.inbox,
    dismissed_by text not null check (btrim(dismissed_by) <> ''),
    dismissed_at timestamptz not null default clock_timestamp(),
    reason text not null check (btrim(reason) <> '')
);
comment on table ops.message_dismissals is 'Who said of a message that cannot be used that nothing is to be done about it, when and why; with it those of the same person and course before it';

-- migrate:down
