"""Edits of occurrences, enrolments, training plans and what the administration recorded itself."""

from tests.connectors.moodle.edits.whom import learners

E10 = "enrolment_code = 'E-1001-010'"

EDITS = [
    (
        "core.occurrences",
        "an occurrence that is over",
        "update core.occurrences set status = 'finished' where occurrence_code = 'OCC-1001'",
        learners("2"),
    ),
    (
        "core.occurrences",
        "an occurrence that is cancelled",
        "update core.occurrences set status = 'cancelled' where occurrence_code = 'OCC-1002'",
        learners("3"),
    ),
    (
        "core.enrolments",
        "the start of an enrolment",
        f"update core.enrolments set start_date = '2026-09-02' where {E10}",
        learners("2", 16),
    ),
    (
        "core.enrolments",
        "the status of an enrolment",
        f"update core.enrolments set status = 'withdrawn' where {E10}",
        learners("2", 16),
    ),
    (
        "core.enrolments",
        "a new enrolment",
        "insert into core.enrolments (enrolment_code, client_code, occurrence_code, status)"
        " values ('E-NEW', 'CL00023', 'OCC-1001', 'active')",
        learners("2", 29),
    ),
    (
        "core.enrolments",
        "the last enrolments that anybody expects to come true",
        "update core.enrolments set status = 'withdrawn' where occurrence_code = 'OCC-1003'",
        learners("4", 35, 36, 37, 38, 39, 40, 41),
    ),
    (
        "core.enrolment_units",
        "an expected start",
        f"update core.enrolment_units set expected_start_date = '2026-09-01' where {E10} and unit_code = 'BSBOPS203'",
        learners("2", 16),
    ),
    (
        "core.enrolment_units",
        "a unit that leaves the plan",
        f"update core.enrolment_units set closed_at = now() where {E10} and unit_code = 'BSBOPS203'",
        learners("2", 16),
    ),
    (
        "core.recorded_results",
        "a result of the administration",
        f"update core.recorded_results set status = 'failed', finished_on = '2026-09-12' where {E10}",
        learners("2", 16),
    ),
]
