-- Occurrences whose units are mapped to activities of this source, while no course of it is linked.
select distinct a.occurrence_code
from core.activity_links a
join core.occurrences o using (occurrence_code)
where a.source = :source
and a.closed_at is null
and o.closed_at is null
and o.status in ('planned', 'active')
and a.occurrence_code <> all(:linked)
order by 1
