select happened_at, brin6, event, fault_code, times, detail, actor, message_id
from mart.link_log
where cast(:brin6 as text) is null or brin6 = :brin6
order by log_id desc
limit :most
