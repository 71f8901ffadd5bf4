-- One import at a time; readers, such as a run, go on meanwhile and see either all of it or nothing.
select pg_advisory_xact_lock(hashtext('etl reference import'))
