"""The public views of results (docs/design.md, Warehouse): what stands, and that one learner is found fast."""

import pytest
from sqlalchemy import text

DERIVED = """
insert into core.unit_results
(enrolment_code, unit_code, source, status, started_on, finished_on, grade_percent, run_id)
values ('{}', '{}', 'moodle_main', '{}', '2026-09-14', {}, 80, 'r1')
"""
RESULTS = """
select source, client_code, kind, status, cast(started_on as text), cast(finished_on as text), grade_percent
from mart.unit_results where enrolment_code = '{}' and unit_code = '{}'
"""


@pytest.fixture
def execute(engine):
    """Run a statement; returns its rows as tuples."""

    def execute(statement):
        with engine.begin() as session:
            done = session.execute(text(statement))
            return [tuple(row) for row in done] if done.returns_rows else []

    return execute


@pytest.fixture
def derive(execute):
    def derive(enrolment, unit, status):
        execute(DERIVED.format(enrolment, unit, status, "null" if status == "started" else "'2026-09-20'"))

    return derive


def test_a_derived_result_shows_with_client_occurrence_and_kind(execute, derive):
    derive("E-1001-001", "TASK-REPORT", "passed")

    assert execute(RESULTS.format("E-1001-001", "TASK-REPORT")) == [
        ("moodle_main", "CL00001", "task", "passed", "2026-09-14", "2026-09-20", 80)
    ]


@pytest.mark.parametrize("status", ["started", "passed", "failed"])
def test_a_passed_of_the_administration_stands_over_what_was_derived(execute, derive, status):
    derive("E-1001-004", "BSBTEC201", status)

    assert execute(RESULTS.format("E-1001-004", "BSBTEC201")) == [
        ("administration", "CL00004", "unit", "passed", "2026-08-01", "2026-08-20", None)
    ]


def test_a_started_of_the_administration_shows_until_something_is_derived(execute, derive):
    before = execute(RESULTS.format("E-1001-010", "BSBCMM211"))
    derive("E-1001-010", "BSBCMM211", "failed")

    assert before == [("administration", "CL00010", "unit", "started", "2026-09-10", None, None)]
    assert execute(RESULTS.format("E-1001-010", "BSBCMM211")) == [
        ("moodle_main", "CL00010", "unit", "failed", "2026-09-14", "2026-09-20", 80)
    ]


def test_a_result_that_the_administration_no_longer_lists_does_not_show(execute, derive):
    derive("E-1001-004", "BSBTEC201", "failed")
    execute("update core.recorded_results set closed_at = now()")

    assert execute("select source, enrolment_code, status from mart.unit_results") == [
        ("moodle_main", "E-1001-004", "failed")
    ]


def test_an_enrolment_is_completed_once_its_course_is_unless_the_administration_says_otherwise(execute):
    execute("""
        insert into core.enrolment_completions (enrolment_code, completed_on, source, run_id)
        values ('E-1001-001', '2026-09-25', 'moodle_main', 'r1'), ('E-1001-012', '2026-09-25', 'moodle_main', 'r1')
    """)

    shown = execute("""
        select enrolment_code, status, cast(completed_on as text) from mart.enrolments
        where enrolment_code in ('E-1001-001', 'E-1001-002', 'E-1001-012') order by 1
    """)

    assert shown == [
        ("E-1001-001", "completed", "2026-09-25"),
        ("E-1001-002", "active", None),
        ("E-1001-012", "withdrawn", "2026-09-25"),
    ]


def test_an_enrolment_that_the_administration_no_longer_lists_does_not_show_but_its_results_do(
    execute, derive
):
    derive("E-1001-001", "TASK-REPORT", "passed")
    execute("update core.enrolments set closed_at = now() where enrolment_code = 'E-1001-001'")

    assert execute("select * from mart.enrolments where enrolment_code = 'E-1001-001'") == []
    assert len(execute(RESULTS.format("E-1001-001", "TASK-REPORT"))) == 1


def test_a_completion_shows_even_before_its_course_is_named(execute):
    execute("""
        insert into core.course_completions (source, source_course_id, client_code, completed_at, passed, run_id)
        select 'moodle_main', course, 'CL00001', '2026-09-25', true, 'r1' from unnest(array['2', '3']) as course
    """)
    execute("insert into core.courses (source, source_course_id, name) values ('moodle_main', '2', 'Safety')")

    shown = execute("select source_course_id, course_name, passed from mart.course_completions order by 1")

    assert shown == [("2", "Safety", True), ("3", None, True)]


@pytest.mark.parametrize(
    "filtered",
    ["client_code = 'B1'", "enrolment_code = 'B1'", "occurrence_code = 'OCC-1002' and client_code = 'B1'"],
)
def test_the_results_of_one_learner_are_found_by_index(execute, filtered):
    execute("insert into core.clients (client_code) select 'B' || n from generate_series(1, 5000) as n")
    execute("""
        insert into core.enrolments (enrolment_code, client_code, occurrence_code, status)
        select 'B' || n, 'B' || n, 'OCC-1002', 'active' from generate_series(1, 5000) as n
    """)
    execute("""
        insert into core.unit_results (enrolment_code, unit_code, source, status, started_on, run_id)
        select 'B' || n, unit_code, 'moodle_main', 'started', '2026-09-14', 'r1'
        from generate_series(1, 5000) as n, (select unit_code from core.units limit 4) as units
    """)
    execute("analyze")

    plan = "\n".join(line for (line,) in execute(f"explain select * from mart.unit_results where {filtered}"))

    assert "Seq Scan on unit_results" not in plan
    assert "Seq Scan on enrolments" not in plan
