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

-- name: hold_back
-- More is due than a run may send; by which run that was said first of this number.
with said as (
    insert into ops.moodle_held_back as held (source, due, at_most, run_id, problem)
    values (:source, :due, :at_most, :run_id, :problem)
    on conflict (source) do update
    set
        due = excluded.due,
        at_most = excluded.at_most,
        run_id = excluded.run_id,
        problem = excluded.problem,
        since = clock_timestamp()
    where (held.due, held.at_most) is distinct from (excluded.due, excluded.at_most)
    returning run_id
)

select run_id from said
union all
select run_id from ops.moodle_held_back
where source = :source and not exists(select from said)

-- name: let_go
delete from ops.moodle_held_back where source = :source
