select brin6, supplier, status, code_is_entered, last_message_at, messages, results, pupils, warnings, rejected
from mart.school_links
order by brin6
