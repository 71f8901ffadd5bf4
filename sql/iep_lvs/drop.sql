-- name: known
select message_id
from raw.drop_files
where source = :source and address = :address and fingerprint = :fingerprint

-- name: link
select
    brin6,
    case when closed_at is null then status else 'ended' end as status,
    reading = 'lenient' as lenient,
    unknown_pupil = 'fault' as fault_on_unknown_pupil
from core.school_links
where case
    when cast(:brin6 as text) is not null then brin6 = :brin6
    else cast(:schoolkey as text) in (schoolkey, brin6, regexp_replace(brin6, '00$', ''))
end

-- name: taken
insert into raw.drop_files (source, address, fingerprint, message_id)
values (:source, :address, :fingerprint, :message_id)
on conflict (source, address, fingerprint) do nothing
