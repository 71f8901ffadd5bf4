insert into raw.drop_files (source, address, fingerprint, message_id, reason)
values (:source, :address, :fingerprint, :message_id, :reason)
on conflict (source, address, fingerprint) do nothing
