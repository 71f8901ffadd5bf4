-- Two runs that derive the same school at once would each not see what the other writes.
select pg_advisory_xact_lock(hashtext('iep_test_results'), hashtext(:brin6))
