insert into raw.drop_files (source, address, fingerprint, message_id)
values (:source, :address, :fingerprint, :message_id)
on conflict (source, address, fingerprint) do nothing
