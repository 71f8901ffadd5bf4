update core.school_links
set
    reading = coalesce(:reading, reading),
    unknown_pupil = coalesce(:unknown_pupil, unknown_pupil),
    schoolkey = coalesce(:schoolkey, schoolkey)
where brin6 = :brin6 and closed_at is null
