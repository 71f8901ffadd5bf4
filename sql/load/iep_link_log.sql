-- Nothing is logged for schools that have no link: strangers may not fill the log.
insert into ops.link_log (brin6, event, fault_code, detail, message_id)
select brin6, :event, :fault_code, :detail, :message_id
from core.school_links
where brin6 = :brin6
