-- name: take
-- One load of a source at a time: a manual run and the scheduled one wait for each other instead of deadlocking.
select pg_advisory_xact_lock(hashtextextended(:lock, 0))
