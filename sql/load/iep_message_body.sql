select body from raw.inbox where message_id = :message_id
