-- Of these results, the ones of which a later message has said something that was recorded.
select distinct brin6 || '/' || result_key as record_key
from core.test_result_versions
where source = :source
and brin6 = :brin6
and result_key = any(:result_keys)
and (created_at, message_id) > (:created_at, :message_id)
