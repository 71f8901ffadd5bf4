-- name: take
-- One load of a source at a time: a manual run and the scheduled one wait for each other instead of deadlocking.
select pg_advisory_xact_lock(hashtextextended(:lock, 0))

-- name: take_if_free
select pg_try_advisory_xact_lock(hashtextextended(:lock, 0)) as taken
