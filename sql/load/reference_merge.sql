-- Rows that are new, changed or back again; a second identical import writes none.
insert into {table} ({columns})
select {columns} from staged
except
select {columns} from {table} where closed_at is null
on conflict ({key}) do update set {changes}
