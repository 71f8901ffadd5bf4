select 1 as known
from core.school_links
where supplier = :supplier and supplier_code = :supplier_code and closed_at is null
limit 1
