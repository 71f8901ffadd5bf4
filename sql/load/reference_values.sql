-- The different values of columns in the rows that the administration still lists.
select distinct {texts}
from {table}
where closed_at is null
order by 1
