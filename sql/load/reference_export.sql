copy (select {texts} from {table} where closed_at is null order by {key}) to stdout (format csv, header)
