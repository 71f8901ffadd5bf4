-- name: sites
-- The sites that are written to, or would be (test), with all that decides how.
select
    site.source,
    sources.connection_id,
    sources.timezone,
    sources.match_code,
    sources.match_fields,
    site.writing,
    site.role_id,
    site.send_start_date,
    site.on_withdrawal,
    site.auth,
    site.visible_when,
    site.at_most
from core.moodle_writing as site
join core.sources using (source)
where sources.system = 'moodle'
and sources.closed_at is null
and site.closed_at is null
and site.writing <> 'off'
order by site.source
