"""Why a result was recorded: rule, inputs, answers with time and hash, run, decisions."""

import pytest
from typer.testing import CliRunner

from etl.cli import _typer
from etl.load import runs
from etl.pages.host import Right
from tests.pages.reading import words


@pytest.fixture
def passed(engine):
    """E-1 passed U1 by activity 77 of course 5; the report of user 9 landed before it was recorded, another after."""
    with engine.begin() as session:
        run_id = runs.open_run(session, "moodle_results")
        for statement in (
            "insert into core.sources (source, system, connection_id, timezone)"
            " values ('main', 'moodle', 'moodle_main', 'Europe/Amsterdam')",
            "insert into core.clients (client_code) values ('C1')",
            "insert into core.client_numbers (client_code, scheme, value) values ('C1', 'moodle:main', '9')",
            "insert into core.occurrences (occurrence_code, name, status) values ('OCC-1', 'Aid', 'active')",
            "insert into core.course_links (source, source_course_id, occurrence_code) values ('main', '5', 'OCC-1')",
            "insert into core.enrolments (enrolment_code, client_code, occurrence_code, status)"
            " values ('E-1', 'C1', 'OCC-1', 'active')",
            "insert into core.units (unit_code, name, kind) values ('U1', 'Unit', 'unit')",
            "insert into core.activity_links (occurrence_code, unit_code, source, activity_id)"
            " values ('OCC-1', 'U1', 'main', '77')",
            "insert into core.unit_results (enrolment_code, unit_code, source, status, started_on, finished_on,"
            f" grade_percent, run_id, recorded_at) values ('E-1', 'U1', 'main', 'passed', '2026-09-01', '2026-09-02',"
            f" 80, '{run_id}', '2026-09-03T04:00Z')",
            "insert into raw.bodies (sha256, raw_bytes, body) values ('\\xaa01', 1, ''), ('\\xbb02', 1, '')",
            "insert into raw.landings (source, scope, resource, key, sha256, run_id, landed_at) values"
            f" ('main', '5', 'user_grades', '9', '\\xaa01', '{run_id}', '2026-09-03T03:00Z'),"
            f" ('main', '5', 'user_grades', '8', '\\xbb02', '{run_id}', '2026-09-03T03:00Z'),"
            f" ('main', '5', 'user_grades', '9', '\\xbb02', '{run_id}', '2026-09-04T03:00Z')",
        ):
            session.exec_driver_sql(statement)
    return run_id


def test_a_result_says_its_rule_inputs_answers_and_run(op, passed):
    page = op.get("/why?enrolment=E-1&unit=U1")
    assert "Passed: every activity that counts for it was passed" in words(page)
    assert "77" in words(page)
    assert "aa01" in words(page)
    assert "bb02" not in words(page)
    assert f"run?run_id={passed}" in page.text
    assert "Nobody had to decide" in words(page)
    assert "why?enrolment=E-1&amp;unit=U1" in op.get("/person?client_code=C1").text


def test_a_result_that_is_not_there_is_said_so(op, passed):
    answer = op.get("/why?enrolment=E-1&unit=U2")
    assert answer.status_code == 404
    assert "has no result of U2" in words(answer)


def test_who_may_not_see_people_is_told_no_reason(browse, passed):
    assert browse(Right.SEE).get("/why?enrolment=E-1&unit=U1").status_code == 403


def test_the_command_says_the_same(warehouse, passed, monkeypatch):
    monkeypatch.setenv("WAREHOUSE_URL", warehouse)
    said = CliRunner().invoke(_typer, ["why", "result", "E-1", "U1"], catch_exceptions=False).output
    assert "every activity that counts" in said
    assert "aa01" in said


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("/why-competence?competence=FA&client_code=C1", "there is no competence FA"),
        ("/why-registration?request_code=R1&part=P1", "nothing is registered of part P1"),
        ("/why-completion?completion_id=7", "there is no completion 7"),
        ("/why-test-result?brin6=99QQ00&result_key=K1", "has no result K1"),
    ],
)
def test_each_kind_says_where_there_is_none_and_nothing_to_who_may_not_see_people(op, browse, address, said):
    answer = op.get(address)
    assert answer.status_code == 404
    assert said in words(answer)
    assert browse(Right.SEE).get(address).status_code == 403


def test_a_competence_of_somebody_leads_to_the_person_and_its_passes(op, engine, passed):
    with engine.begin() as session:
        session.exec_driver_sql(
            "insert into core.competences (competence_code, name) values ('FA', 'First aid')"
        )
    page = op.get("/why-competence?competence=FA&client_code=C1")
    assert "The person never had it." in words(page)
    assert "The person passed no course that is linked to it." in words(page)
    assert "person?client_code=C1" in page.text


def test_the_answers_of_each_night_that_a_run_derived_are_told_and_none_of_another_learner(
    op, engine, passed
):
    with engine.begin() as session:
        for statement in (
            'update ops.runs set parameters = \'{"nights": ["2026-09-01T04:00Z", "2026-09-02T04:00Z"]}\'',
            "insert into raw.bodies (sha256, raw_bytes, body)"
            " values ('\\xcc03', 1, ''), ('\\xdd04', 1, ''), ('\\xee05', 1, '')",
            "insert into raw.landings (source, scope, resource, key, sha256, run_id, landed_at) values"
            f" ('main', '5', 'grades', '', '\\xcc03', '{passed}', '2026-09-01T03:00Z'),"
            f" ('main', '5', 'grades', '', '\\xdd04', '{passed}', '2026-09-02T03:00Z'),"
            f" ('main', '5', 'completion', '77', '\\xee05', '{passed}', '2026-09-01T03:00Z')",  # user, not activity
        ):
            session.exec_driver_sql(statement)
    page = words(op.get("/why?enrolment=E-1&unit=U1"))
    assert "cc03" in page
    assert "dd04" in page
    assert "aa01" not in page  # it landed after both nights
    assert "ee05" not in page
