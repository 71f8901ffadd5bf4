-- name: connections
-- Which connections the sources of a system use.
select distinct connection_id
from core.sources
where system = :system and closed_at is null
order by connection_id

-- name: in_use
select
    source, system, connection_id, timezone, match_code, match_fields, record_failed, allow_resit, use_enrolment_start,
    review
from core.sources
where system = :system and closed_at is null
order by source
