-- migrate:up

-- Nothing wrote these two: the period of a run follows from the nights that were asked for, and mart.runs shows it. The
-- view keeps its shape, and what was built on it, until the views are made again.
do $$
begin
    if to_regclass('mart.runs') is not null then
        execute (
            select format(
                'create or replace view mart.runs as select %s',
                string_agg(format('cast(null as %s) as %I', format_type(atttypid, atttypmod), attname), ', ' order by attnum)
            )
            from pg_attribute
            where attrelid = 'mart.runs'::regclass and attnum > 0 and not attisdropped
        );
    end if;
end
$$;
alter table ops.runs drop column data_from, drop column data_to;

-- migrate:down
