select status, count(*) as points
from ops.pe_attendance
group by status
order by status
