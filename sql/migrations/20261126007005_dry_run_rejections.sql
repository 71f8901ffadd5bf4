-- migrate:up

create table ops.dry_run_rejections (
    run_id text not null references ops.runs,
    source text not null,
    scope text not null,
    resource text not null,
    record_key text not null,
    reason_code text not null,
    reason text not null,
    primary key (run_id, source, scope, resource, record_key, reason_code)
);
comment on table ops.dry_run_rejections is 'Rows that a dry run would have rejected, for its report';

-- migrate:down
