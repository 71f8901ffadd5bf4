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
        where not exists (
            select from ops.reference_origins as origin
            where origin.file = %(file)s and origin.key = cast(jsonb_build_array({key}) as text)
        )
    ) as closed

-- name: by_hand
-- The rows that people entered, as text.
select {texts}
from {table}
where closed_at is null
and not exists (
    select from ops.reference_origins as origin
    where origin.file = %(file)s and origin.key = cast(jsonb_build_array({key}) as text)
)
order by {key}

-- name: close
-- Rows that the file no longer states are closed, not deleted: results may hang on them. Those that a system states are
-- the system's to close.
update {table}
set closed_at = clock_timestamp()
where ({key}) in (
    select {key} from {table} where closed_at is null
    except
    select {key} from staged
)
and not exists (
    select from ops.reference_origins as origin
    where origin.file = %(file)s and origin.key = cast(jsonb_build_array({key}) as text)
)

-- name: close_own
-- Rows of a system that it no longer states; what it states and was refused stays as it was.
update {table}
set closed_at = clock_timestamp()
where ({key}) in (
    select {key} from {table} where closed_at is null
    except
    select {key} from staged
    except
    select {key} from refused
)
and exists (
    select from ops.reference_origins as origin
    where origin.file = %(file)s
    and origin.system = %(system)s
    and origin.key = cast(jsonb_build_array({key}) as text)
)

-- name: close_staged
-- The staged rows, by their keys, unless a system states them.
update {table}
set closed_at = clock_timestamp()
where closed_at is null
and ({key}) in (select {key} from staged)
and not exists (
    select from ops.reference_origins as origin
    where origin.file = %(file)s and origin.key = cast(jsonb_build_array({key}) as text)
)

-- name: export
copy (select {texts} from {table} where closed_at is null order by {key}) to stdout (format csv, header)

-- name: lock
-- One import at a time; readers, such as a run, go on meanwhile and see either all of it or nothing.
select pg_advisory_xact_lock(hashtext('etl reference import'))

-- name: merge
-- Rows that are new, changed or back again; a second identical import writes none.
with merged as (
    insert into {table} ({columns})
    select {columns} from staged
    except
    select {columns} from {table} where closed_at is null
    on conflict ({key}) do update set {changes}
    returning xmax = 0 as is_new  -- no row was there that had to be locked
)

select count(*) as written, count(*) filter (where is_new) as added from merged

-- name: of_key
-- The row of a key, as text.
select {texts}
from {table}
where closed_at is null
and ({key}) = {sought}

-- name: own
-- The staged rows are the system's from now on.
insert into ops.reference_origins as held (file, key, system)
select %(file)s, cast(jsonb_build_array({key}) as text), %(system)s
from staged
on conflict (file, key) do update set system = excluded.system where held.system <> excluded.system

-- name: standing
-- Staged rows that stand in the table as they are.
select count(*) from (
    select {columns} from staged
    intersect
    select {columns} from {table} where closed_at is null
) as same

-- name: stated
select cast({first} as text)
from {table}
where closed_at is null
and exists (
    select from ops.reference_origins as origin
    where origin.file = %(file)s and origin.key = cast(jsonb_build_array({key}) as text)
)

-- name: take_over
-- Rows that a system states and that a person enters otherwise are the person's from now on.
delete from ops.reference_origins as origin
where origin.file = %(file)s
and origin.key in (
    select cast(jsonb_build_array({key}) as text)
    from (
        select {columns} from staged
        except
        select {columns} from {table} where closed_at is null
    ) as differing
)

-- name: taken_over
-- How many rows that is, before it is done.
select count(*) as rows
from ops.reference_origins as origin
where origin.file = %(file)s
and origin.key in (
    select cast(jsonb_build_array({key}) as text)
    from (
        select {columns} from staged
        except
        select {columns} from {table} where closed_at is null
    ) as differing
)

-- name: version
-- Whatever changes reference data raises it.
select version from ops.reference_version

-- name: values
-- The different values of columns in the rows that the administration still lists.
select distinct {texts}
from {table}
where closed_at is null
order by 1

-- name: values_by_hand
-- The same of the rows that people entered: a system states its own again.
select distinct {texts}
from {table}
where closed_at is null
and not exists (
    select from ops.reference_origins as origin
    where origin.file = %(file)s and origin.key = cast(jsonb_build_array({key}) as text)
)
order by 1
