"""The connection test as a whole: what it compares with, and what it says when it cannot."""

import json
from contextlib import nullcontext

import pytest
from typer.testing import CliRunner

from etl import cli, db
from etl.connections import Connection
from etl.connectors import registry
from etl.connectors.moodle.check import mapped
from etl.errors import GiveUp
from etl.sandbox import accounts
from etl.sandbox.faults import FaultKind
from etl.sandbox.moodle.withheld import Withheld


def nothing(conn_id):
    raise GiveUp(f"connection {conn_id} is not defined")


@pytest.fixture
def check(engine, connect):
    def check(connection):
        return registry.check(connection, lambda: nullcontext(engine), connect)

    return check


def test_mapped_courses_are_those_by_idnumber_and_those_that_are_accredited(engine):
    assert mapped(engine, ["moodle_main"], {}) == {"2": [], "3": []}
    shown = mapped(engine, ["moodle_main"], {"99": " OCC-1001", "5": None, "6": "no occurrence"})
    assert set(shown) == {"2", "3", "99"}
    assert {"1", "2", "3", "4"} <= set(shown["99"])


def test_nothing_is_mapped_for_a_connection_that_no_source_uses(engine):
    assert mapped(engine, ["another"], {"2": "OCC-1001"}) == {}


def test_a_site_without_sources_works_and_says_that_nothing_was_compared(engine, sandbox):
    connection = Connection("new", "moodle", f"{sandbox.url}/moodle", password=accounts.MOODLE_TOKEN)
    report = registry.check(connection, lambda: nullcontext(engine), nothing)
    assert report.ok
    assert "No course" in report.lines[-1]


def test_activities_that_the_site_leaves_out_are_named_before_the_first_night(check, sandbox):
    report = check(Connection("c", "moodle", f"{sandbox.url}/moodle", password=accounts.MOODLE_TOKEN_LIMITED))
    assert not report.ok
    assert any(line.startswith("Missing capability") for line in report.lines)


def test_a_course_that_only_gives_a_competence_is_looked_at_too(engine, check, sandbox):
    with engine.begin() as session:
        session.exec_driver_sql("update core.occurrences set closed_at = now()")
        session.exec_driver_sql(
            "insert into core.competence_links (source, source_course_id, competence_code)"
            " select 'moodle_main', '4', min(competence_code) from core.competences"
        )
    assert "4" in mapped(engine, ["moodle_main"], {})
    report = check(Connection("c", "moodle", f"{sandbox.url}/moodle", password=accounts.MOODLE_TOKEN))
    assert any(line.startswith("Course 4 has no completion conditions: nobody") for line in report.lines)


def test_idnumbers_that_no_course_shows_are_named_before_anything_is_linked(engine, check, sandbox):
    with engine.begin() as session:
        for table in ("accreditations", "competence_links", "training_parts"):
            session.exec_driver_sql(f"update core.{table} set closed_at = now()")
    sandbox.moodle.site.withhold(Withheld.COURSE_SETTINGS)
    report = check(Connection("c", "moodle", f"{sandbox.url}/moodle", password=accounts.MOODLE_TOKEN))
    assert not report.ok
    assert any("moodle/course:update: no course shows its idnumber" in line for line in report.lines)


def test_a_type_without_a_test_is_refused_by_name(check):
    report = check(Connection("c", "postgres"))
    assert not report.ok
    assert "moodle, infocaption, iep_lvs, pe_online" in report.lines[0]


def test_a_busy_site_is_not_waited_for(check, sandbox):
    sandbox.faults.add("moodle", FaultKind.UNAVAILABLE, count=None, retry_after=1)
    report = check(Connection("c", "moodle", f"{sandbox.url}/moodle", password=accounts.MOODLE_TOKEN))
    assert not report.ok
    assert "HTTP 503" in "\n".join(report.lines)
    assert sandbox.counters.total("moodle") == 2


@pytest.mark.parametrize("conn_type", ["moodle", "infocaption", "pe_online"])
def test_a_warehouse_that_cannot_be_reached_is_said_without_its_password(conn_type):
    engine = db.engine("postgresql://etl:Wq8-secret@127.0.0.1:1/warehouse")
    connection = Connection("c", conn_type, "http://127.0.0.1:1", "u", "p")
    report = registry.check(connection, lambda: nullcontext(engine), nothing)
    assert not report.ok
    assert "nothing answers there: start the server" in report.lines[0]
    assert "Wq8-secret" not in "\n".join(report.lines)


@pytest.mark.parametrize(
    ("token", "code", "said"),
    [(accounts.MOODLE_TOKEN, 0, "works"), ("no-token-of-this-site", 1, "the token is not valid")],
)
def test_the_command_says_it_and_exits_accordingly(
    token, code, said, engine, warehouse, sandbox, monkeypatch
):
    moodle = {"conn_type": "moodle", "host": f"{sandbox.url}/moodle", "password": token}
    monkeypatch.setenv("WAREHOUSE_URL", warehouse)
    monkeypatch.setenv("AIRFLOW_CONN_MOODLE_MAIN", json.dumps(moodle))
    result = CliRunner().invoke(cli._typer, ["check", "moodle_main"])
    assert result.exit_code == code
    assert said in result.output
    assert token not in result.output
