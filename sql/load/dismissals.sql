-- name: already
-- The dismissal of such rows that came last.
select dismissed_by, dismissed_because
from ops.rejections
where resolved_at is null
and dismissed_at is not null
and source = :source
and reason_code = :reason_code
and (cast(:record_key as text) is null or record_key = :record_key)
order by dismissed_at desc
limit 1

-- name: dismiss
update ops.rejections
set dismissed_at = clock_timestamp(), dismissed_by = :by, dismissed_because = :because
where resolved_at is null
and dismissed_at is null
and source = :source
and reason_code = :reason_code
and (cast(:record_key as text) is null or record_key = :record_key)
and first_seen_at <= coalesce(cast(:seen_until as timestamptz), 'infinity')

-- name: open
select source, reason_code, record_key, resource, scope, first_seen_at, reason
from ops.rejections
where resolved_at is null
and dismissed_at is null
and (cast(:source as text) is null or source = :source)
and (cast(:reason_code as text) is null or reason_code = :reason_code)
order by first_seen_at, rejection_id

-- name: restore
update ops.rejections
set dismissed_at = null, dismissed_by = null, dismissed_because = null
where resolved_at is null
and dismissed_at is not null
and source = :source
and reason_code = :reason_code
and (cast(:record_key as text) is null or record_key = :record_key)
