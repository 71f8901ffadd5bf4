-- What is open now, by reason, and how much of it came up since a moment; a part of a flow (moodle_results/poll)
-- counts with its flow.
select
    source,
    reason_code,
    min(reason) as reason,
    count(*) as rejected,
    count(*) filter (where first_seen_at >= :since) as fresh,
    (array_agg(resource || ' ' || record_key order by first_seen_at < :since, resource, record_key))[1:3] as records
from ops.rejections
where resolved_at is null
and split_part(flow, '/', 1) = any(:flows)
group by source, reason_code
order by source, rejected desc, reason_code
