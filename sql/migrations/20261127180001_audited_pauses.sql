-- migrate:up
call ops.audit_table('ops.account_pauses');

-- migrate:down
