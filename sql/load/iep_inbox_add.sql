insert into raw.inbox (source, brin6, channel, kind, sha256, body, created_at, school_year, lenient, results)
values (:source, :brin6, :channel, :kind, :sha256, :body, :created_at, :school_year, :lenient, :results)
on conflict (source, brin6, sha256) do update
set deliveries = inbox.deliveries + 1, last_received_at = clock_timestamp()
returning message_id, deliveries = 1 as is_new
