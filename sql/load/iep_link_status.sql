update core.school_links
set status = :status
where brin6 = :brin6 and status = any(:before) and closed_at is null
