-- One school's link with the code that opens it (none: stopped), and whether anything came in since it was entered.
select
    brin6,
    supplier,
    supplier_code,
    start_date,
    reading = 'lenient' as lenient,
    unknown_pupil = 'fault' as fault_on_unknown_pupil,
    salt,
    hash,
    not exists (
        select from raw.inbox
        where inbox.brin6 = school_links.brin6 and kind = 'results' and last_received_at >= entered_at
    ) as is_new,
    source,
    schoolkey
from core.school_links
left join ops.link_codes using (brin6)
where brin6 = :brin6
and status = 'active'
and closed_at is null
