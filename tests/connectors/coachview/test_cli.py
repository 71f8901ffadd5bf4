"""The commands: what is registered, what was told to Coachview, and what a person decides."""

import pytest
from typer.testing import CliRunner

from etl.connectors.coachview import commands, push_commands
from etl.errors import InvalidInput


@pytest.fixture
def run(warehouse, monkeypatch):
    """A function that runs a command of an application; what it printed."""
    monkeypatch.setenv("WAREHOUSE_URL", warehouse)

    def run(app, *given):
        done = CliRunner().invoke(app, [str(one) for one in given], catch_exceptions=False)
        assert done.exit_code == 0, done.output
        return done.output

    return run


@pytest.mark.usefixtures("school")
def test_registrations_and_their_attempts_are_listed_by_ids(run):
    listed = run(commands.app, "list", "--request", "R1").splitlines()
    assert listed[0].split("\t")[:9] == [
        "integration", "request_code", "part_code", "result", "presence", "passed", "finished", "approved",
        "approved_on",
    ]  # fmt: skip
    [row] = listed[1:]
    assert row.split("\t")[:9] == [
        "studio", "R1", "T1-THEORY", "8.0", "True", "True", "True", "True", "2026-03-02",
    ]  # fmt: skip
    attempts = run(commands.app, "attempts", "--integration", "studio", "--last", 1).splitlines()
    assert len(attempts) == 2
    assert "registered" in attempts[1]
    assert run(commands.app, "list", "--integration", "exams").strip() == "nothing"


def test_an_unknown_result_that_is_registered_is_settled_and_not_told_again(run, school, read):
    school.sandbox.faults.add("coachview", "drop", operation="result")
    school.night()
    [row] = read("select result_id from mart.coachview_results where status = 'unknown'")[
        "result_id"
    ].tolist()
    assert "outcome_unknown" in run(push_commands.app, "list", "--status", "unknown")
    run(push_commands.app, "settle", row, "--registered", "--by", "clerk")
    assert school.night() == "success"
    assert school.books.told == [("X-1002", "VCA-1")]


def test_an_unknown_result_that_is_not_registered_is_told_when_a_person_says_so(run, school, read):
    school.sandbox.faults.add("coachview", "drop", operation="result")
    school.night()
    [row] = read("select result_id from mart.coachview_results where status = 'unknown'")[
        "result_id"
    ].tolist()
    run(push_commands.app, "settle", row, "--not-registered", "--by", "clerk")
    assert school.night() == "success"
    assert sorted(school.books.told) == [("X-1001", "VCA-1"), ("X-1002", "VCA-1")]


def test_what_coachview_refused_is_offered_again_once_it_is_mended(run, school, read):
    part = school.books.parts.pop(0)
    school.night()
    [row] = read("select result_id from mart.coachview_results where status = 'rejected'")[
        "result_id"
    ].tolist()
    school.books.parts.append(part)
    run(push_commands.app, "resend", row, "--by", "clerk")
    assert (school.night(), len(school.shown())) == ("success", 2)
    with pytest.raises(InvalidInput, match="not rejected"):
        run(push_commands.app, "resend", row, "--by", "clerk")
