select version, clock_timestamp() as read_at from ops.reference_version
