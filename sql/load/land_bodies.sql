insert into raw.bodies (sha256, raw_bytes, body) values %s
on conflict (sha256) do nothing
