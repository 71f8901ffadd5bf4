insert into core.school_links (brin6, supplier, supplier_code, accepted_by, accepted_on, start_date, status)
values (:brin6, :supplier, :supplier_code, :accepted_by, :accepted_on, :start_date, 'active')
on conflict (brin6) do update set
    supplier = excluded.supplier,
    supplier_code = excluded.supplier_code,
    accepted_by = excluded.accepted_by,
    accepted_on = excluded.accepted_on,
    start_date = excluded.start_date,
    status = excluded.status,
    closed_at = null
