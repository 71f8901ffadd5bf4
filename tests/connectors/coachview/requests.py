"""A training administration in the warehouse of the sample: who asked for what, and what was reported."""

from sqlalchemy import Engine

# In place of the sample's. Of each: code, system, definition (minimum, maximum, decimals, pass mark), whose numbers.
INTEGRATIONS = """
delete from core.training_request_parts;
delete from core.training_requests;
delete from core.training_parts;
delete from core.trainings;
delete from core.integrations;
insert into core.integrations (
    integration, system, hash, timezone, minimum, maximum, decimals, pass_mark,
    sends_result, sends_presence, sends_passed, person_scheme, active
) values
('studio', 'generic', 'sha512', 'Europe/Amsterdam', 1, 10, 1, 5.5, true, true, true, 'external', true),
('exams', 'certwell', 'sha512', 'Europe/Amsterdam', 0, 1, 0, 1, true, false, false, 'person', true),
('moodle_main', 'moodle', 'sha512', 'Europe/Amsterdam', 1, 10, 1, null, true, true, true, 'person', true)
"""
TRAININGS = """
insert into core.trainings (training_code, name) values ('T1', 'Safe at work'), ('T2', 'Business basics');
insert into core.training_parts (part_code, training_code, name, integration, course_id) values
('T1-THEORY', 'T1', 'Theory', 'studio', 'VCA-1'),
('T1-EXAM', 'T1', 'Exam', 'exams', '77'),
('T2-ONLINE', 'T2', 'Online course', 'moodle_main', '2'),
('T2-EXAM', 'T2', 'Exam', 'exams', '78');
insert into core.training_requests (request_code, training_code, person_id, external_id, client_code, status) values
('R1', 'T1', '1001', 'X-1001', null, 'open'),
('R2', 'T1', '1002', 'X-1002', null, 'open'),
('R3', 'T1', '1003', 'X-1003', null, 'finished'),
('R4', 'T1', '1004', 'X-1004', null, 'open'),
('R5', 'T1', '1004', 'X-1004', null, 'open'),
('R6', 'T1', '1006', 'X-1006', null, 'cancelled'),
('R7', 'T1', '1007', 'X-1007', null, 'open'),
('R8', 'T2', '1008', 'X-1008', 'CL00001', 'open'),
('R9', 'T2', '1009', 'X-1009', 'CL00002', 'finished');
insert into core.training_request_parts (request_code, part_code, result, finished, approved, approved_on) values
('R7', 'T1-THEORY', null, true, true, '2026-01-15'),
('R7', 'T1-EXAM', 1, false, false, null)
"""
COUNTS = (
    "select scope, read, written, unchanged, rejected, problem_code from ops.run_steps"
    " where run_id = '{}' and read > 0"
)


def fill(engine: Engine) -> None:
    """Enter all of it."""
    with engine.begin() as session:
        session.exec_driver_sql(INTEGRATIONS)
        session.exec_driver_sql(TRAININGS)


def report(
    engine: Engine,
    integration: str,
    person: str,
    course: str,
    day: str,
    *,
    grade=None,
    presence=None,
    passed=None,
) -> None:
    """A completion at noon, in Amsterdam, of a day (YYYY-MM-DD)."""
    with engine.begin() as session:
        session.exec_driver_sql(
            "insert into core.reported_completions"
            " (integration, person_id, course_id, completed_at, completed_on, grade, presence, passed)"
            " values (%s, %s, %s, cast(%s as timestamp) at time zone 'Europe/Amsterdam', %s, %s, %s, %s)",
            (integration, person, course, f"{day} 12:00", day, grade, presence, passed),
        )


def complete_in_moodle(engine: Engine, client: str, course: str, moment: str, percent: float | None) -> None:
    """A completed course of moodle_main, as its night records it."""
    with engine.begin() as session:
        session.exec_driver_sql(
            "insert into core.course_completions"
            " (source, source_course_id, client_code, completed_at, grade_percent, passed, run_id)"
            " values ('moodle_main', %s, %s, %s, %s, true, 'a night')",
            (course, client, moment, percent),
        )


def told(registered):
    """What Coachview says that it was told, as a golden file has it."""
    return {tuple(_in_csv(value) for value in row.values()) for row in registered}


def _in_csv(value):
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def counted(read, run_id):
    return [tuple(row) for row in read(COUNTS.format(run_id)).fillna("").to_numpy()]
