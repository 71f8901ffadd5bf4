select occurrence_code, unit_code, activity_id
from core.activity_links
where source = :source
and closed_at is null
and occurrence_code = any(:occurrences)
