-- migrate:up

create table ops.views_applied (
    only_one boolean primary key default true check (only_one),
    fingerprint text not null,
    applied_at timestamptz not null default clock_timestamp()
);
comment on table ops.views_applied is 'Fingerprint of the views that the last migration made; where it is that of the programs, they are left alone';

-- migrate:down
