-- Who acts, for the link log, until the end of this transaction.
select set_config('etl.actor', :actor, true) as actor
