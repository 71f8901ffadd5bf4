update core.competence_links
set closed_at = clock_timestamp()
where source = :source
and source_course_id = :source_course_id
and competence_code = :competence_code
and closed_at is null
