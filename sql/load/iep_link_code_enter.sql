insert into ops.link_codes (brin6, salt, hash) values (:brin6, :salt, :hash)
on conflict (brin6) do update set salt = excluded.salt, hash = excluded.hash, entered_at = clock_timestamp()
