select
    source,
    case when closed_at is null then status else 'ended' end as status,
    reading = 'lenient' as lenient,
    unknown_pupil = 'fault' as fault_on_unknown_pupil
from core.school_links
where brin6 = :brin6
