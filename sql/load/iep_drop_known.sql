select message_id
from raw.drop_files
where source = :source and address = :address and fingerprint = :fingerprint
