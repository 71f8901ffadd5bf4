insert into ops.views_applied (fingerprint) values (:fingerprint)
on conflict (only_one) do update
set fingerprint = excluded.fingerprint, applied_at = clock_timestamp()
