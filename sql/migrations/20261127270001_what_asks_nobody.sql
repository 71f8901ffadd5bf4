-- migrate:up
create table ops.moot_reasons (
    target text not null,
    kind text not null,
    reason text not null,
    primary key (target, kind, reason)
);
comment on table ops.moot_reasons is 'Reasons for which something is not sent and that ask nobody to do anything, as every plan of a target states them';
comment on column ops.moot_reasons.target is 'System that it would be sent to';
comment on column ops.moot_reasons.kind is 'Kind of what would be sent';
comment on column ops.moot_reasons.reason is 'The reason, as a code';

-- migrate:down
