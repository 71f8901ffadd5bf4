-- How the staged rows stand after the merge, each outcome counted by itself. A row that did not reach the ledger, or
-- that the merge wrote and that stands as something else now, is in none of them.
select
    count(*) filter (where held.status = 'pending' and merge.wrote_it) as written,
    count(*) filter (where held.status <> 'withheld' and not merge.wrote_it) as unchanged,
    count(*) filter (where held.status = 'withheld' and held.reason <> :claimed) as rejected,
    count(*) filter (where held.status = 'withheld' and held.reason = :claimed) as ignored
from staged
join ops.pe_attendance as held
    on held.org_id = staged.org_id
    and held.client_code = staged.client_code
    and held.source = staged.source
    and held.source_course_id = staged.source_course_id
    and held.passed_at = staged.passed_at
    and coalesce(held.pe_course_id, '') = coalesce(staged.pe_course_id, '')
    and coalesce(held.external_course_code, '') = coalesce(staged.external_course_code, '')
    and coalesce(held.pe_module_id, '') = coalesce(staged.pe_module_id, '')
    and coalesce(held.external_module_code, '') = coalesce(staged.external_module_code, '')
cross join lateral (select held.attendance_id = any(cast(:merged as bigint [])) as wrote_it) as merge
