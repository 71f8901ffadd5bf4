-- How the rows of a push stand after it, each outcome counted by itself. A row that still stands as being sent is in
-- none of them: its answer was lost on the way to the ledger.
select
    count(*) filter (where status in ('accepted', 'accepted_in_test')) as written,
    count(*) filter (where status in ('pending', 'unknown')) as unchanged,
    count(*) filter (where status = 'rejected') as rejected,
    count(*) filter (where status = 'withheld') as ignored
from ops.pe_attendance
where attendance_id = any(:attendance_ids)
