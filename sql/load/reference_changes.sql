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
