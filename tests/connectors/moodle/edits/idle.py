"""Edits that no result depends on, by the table that is edited."""

CL10 = "client_code = 'CL00010'"

IDLE = {
    "core.sources": "update core.sources set match_fields = 'username' where source = 'infocaption_main'",
    "core.clients": f"update core.clients set surname = 'Other', email = 'other@example.org' where {CL10}",
    "core.client_numbers": "insert into core.client_numbers (client_code, scheme, value)"
    " values ('CL00009', 'pe_online', '16')",
    "core.occurrences": "update core.occurrences set status = 'planned', finish_date = '2027-01-01'"
    " where occurrence_code = 'OCC-1001'",
    "core.units": "update core.units set name = 'Other'",
    "core.profession_groups": "update core.profession_groups set name = 'Other'",
    "core.accreditations": "update core.accreditations set valid_to = '2027-12-31'",
    "core.competences": "update core.competences set name = 'Other'",
    "core.competence_links": "update core.competence_links set linked_on = '2026-08-01'",
    "core.recorded_competences": "update core.recorded_competences set valid_to = '2027-12-31'",
    "ops.competence_decisions": "insert into ops.competence_decisions"
    " (decision, competence_code, client_code, decided_by, reason)"
    " values ('revoked', 'CPR', 'CL00007', 'test', 'test')",
    "core.integrations": "update core.integrations set timezone = 'Asia/Tokyo'",
    "core.trainings": "update core.trainings set name = 'Other'",
    "core.training_requests": "update core.training_requests set status = 'cancelled'",
    "core.training_request_parts": "update core.training_request_parts set finished = true",
    "core.moodle_writing": "insert into core.moodle_writing (source, writing) values ('moodle_main', 'test')",
    "core.school_links": "insert into core.school_links (brin6, supplier, supplier_code, accepted_by, accepted_on,"
    " start_date, status) values ('00AA00', 'S', 'C', 'test', '2026-08-01', '2026-08-01', 'active')",
    "core.excluded_tests": "insert into core.excluded_tests (pattern, reason) values ('X', 'test')",
}
