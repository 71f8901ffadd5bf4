-- name: add
insert into core.uwlr_messages (message_id, brin6, school_year, is_test, lenient, results)
values (:message_id, :brin6, :school_year, :is_test, :lenient, :results)

-- name: log
-- Nothing is logged for schools that have no link, and what is refused again for the same reason within the hour is
-- counted where it was logged first: strangers may not fill the log.
with counted as (
    update ops.link_log
    set times = times + 1, last_happened_at = clock_timestamp()
    where log_id = (
        select log_id
        from ops.link_log
        where brin6 = :brin6
        and event = :event
        and fault_code = :fault_code
        and detail = :detail
        and happened_at > clock_timestamp() - interval '1 hour'
        order by log_id desc
        limit 1
    )
    returning log_id
)

insert into ops.link_log (brin6, event, fault_code, detail, message_id)
select brin6, :event, :fault_code, :detail, :message_id
from core.school_links
where brin6 = :brin6
and not exists (select from counted)

-- name: messages
select happened_at, brin6, event, fault_code, times, detail, actor, message_id
from mart.link_log
where cast(:brin6 as text) is null or brin6 = :brin6
order by log_id desc
limit :most
