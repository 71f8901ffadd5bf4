-- Which of these messages hold results that other reference data would let in.
update raw.inbox
set left_out = message_id = any(:left_out)
where message_id = any(:messages)
and left_out <> (message_id = any(:left_out))
