-- The different values of a column in the rows that the administration still lists.
select distinct cast({column} as text) as value
from {table}
where closed_at is null
and {column} is not null
order by value
