-- Periods that were decided on less than all courses leave; they are kept as they were.
with fallen as (
    delete from core.earned_competences as held
    using staged
    where held.client_code = staged.client_code
    and held.competence_code = staged.competence_code
    and held.valid_from = staged.valid_from
    returning held.*
)

insert into core.corrected_competences
(client_code, competence_code, valid_from, valid_to, source, source_course_id, run_id, recorded_at, corrected_by)
select client_code, competence_code, valid_from, valid_to, source, source_course_id, run_id, recorded_at, :run_id
from fallen
