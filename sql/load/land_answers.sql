insert into raw.landings (source, resource, key, sha256, run_id) values %s
