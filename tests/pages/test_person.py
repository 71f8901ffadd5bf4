"""A person on one page: everything that is kept, found by client code, for who may see people."""

import pytest
from typer.testing import CliRunner

from etl.cli import _typer
from etl.pages.host import Right
from tests.pages.reading import words


@pytest.fixture
def ann(engine):
    """Somebody with an enrolment, a number and a completed course; and somebody else."""
    with engine.begin() as session:
        for statement in (
            "insert into core.clients (client_code, given_name, surname, email)"
            " values ('C1', 'Ann', '<Bo>', 'ann@x.example'), ('C2', 'Zed', 'Other', null)",
            "insert into core.client_numbers (client_code, scheme, value) values ('C1', 'eckid', 'K-77')",
            "insert into core.occurrences (occurrence_code, name, status) values ('OCC-1', 'First aid', 'active')",
            "insert into core.enrolments (enrolment_code, client_code, occurrence_code, status)"
            " values ('E-1', 'C1', 'OCC-1', 'active'), ('E-2', 'C2', 'OCC-1', 'active')",
        ):
            session.exec_driver_sql(statement)


def test_everything_of_one_person_stands_on_one_page_and_nothing_of_another(op, ann):
    page = words(op.get("/person?client_code=C1"))
    assert "Ann <Bo>" in page
    assert "ann@x.example" in page
    assert "eckid: K-77" in page
    assert "E-1 OCC-1 active" in page
    assert "Accreditation points None." in page
    assert "E-2" not in page
    assert "Zed" not in page


def test_somebody_who_is_not_there_is_said_so(op, ann):
    assert "Enter the client code" in words(op.get("/person"))
    answer = op.get("/person?client_code=C9")
    assert answer.status_code == 404
    assert "there is no client of this code" in words(answer)


def test_who_may_not_see_people_sees_nobody(browse, ann):
    answer = browse(Right.SEE).get("/person?client_code=C1")
    assert answer.status_code == 403
    assert "Ann" not in answer.text


def test_the_command_shows_the_same(warehouse, ann, monkeypatch):
    monkeypatch.setenv("WAREHOUSE_URL", warehouse)
    shown = CliRunner().invoke(_typer, ["person", "C1"], catch_exceptions=False).output
    assert "ann@x.example" in shown
    assert "E-1" in shown
    assert "E-2" not in shown
