-- Rows that the file no longer states are closed, not deleted: results may hang on them.
update {table}
set closed_at = clock_timestamp()
where ({key}) in (
    select {key} from {table} where closed_at is null
    except
    select {key} from staged
)
