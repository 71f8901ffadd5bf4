-- name: analyze
analyze {table}

-- name: changes
-- What an import of the staged rows would do: rows to write, those of them that are open already, rows to close.
with differing as (
    select {columns} from staged
    except
    select {columns} from {table} where closed_at is null
)

select
    (select count(*) from differing) as written,
    (select count(*) from differing join {table} as held using ({key}) where held.closed_at is null) as changed,
    (
        select count(*) from (
            select {key} from {table} where closed_at is null
            except
            select {key} from staged
        ) as gone
    ) as closed

-- name: close
-- Rows that the file no longer states are closed, not deleted: results may hang on them.
update {table}
set closed_at = clock_timestamp()
where ({key}) in (
    select {key} from {table} where closed_at is null
    except
    select {key} from staged
)

-- name: export
copy (select {texts} from {table} where closed_at is null order by {key}) to stdout (format csv, header)

-- name: lock
-- One import at a time; readers, such as a run, go on meanwhile and see either all of it or nothing.
select pg_advisory_xact_lock(hashtext('etl reference import'))

-- name: merge
-- Rows that are new, changed or back again; a second identical import writes none.
insert into {table} ({columns})
select {columns} from staged
except
select {columns} from {table} where closed_at is null
on conflict ({key}) do update set {changes}

-- name: values
-- The different values of columns in the rows that the administration still lists.
select distinct {texts}
from {table}
where closed_at is null
order by 1
