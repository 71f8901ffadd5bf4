-- How the rows of the push ledger stand, and why where they are not accepted.
select status, coalesce(reason, '') as reason, count(*) as points
from ops.pe_attendance
group by status, coalesce(reason, '')
order by status, points desc, reason
