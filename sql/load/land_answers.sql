insert into raw.landings (source, scope, resource, key, sha256, run_id) values %s
