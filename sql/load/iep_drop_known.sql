select reason
from raw.drop_files
where source = :source and address = :address and fingerprint = :fingerprint
