"""The command line of the ledger: what is in it, and a person's decisions."""

import json

import pytest
from typer.testing import CliRunner

from etl.connectors.pe_online import commands
from etl.errors import InvalidInput
from etl.sandbox import accounts
from tests.connectors.pe_online.site import COURSE, ORG


@pytest.fixture
def run(warehouse, monkeypatch):
    monkeypatch.setenv("WAREHOUSE_URL", warehouse)
    monkeypatch.setenv("COLUMNS", "250")

    def run(*arguments):
        return CliRunner().invoke(commands.app, [str(one) for one in arguments], catch_exceptions=False)

    return run


@pytest.fixture
def unknown(site):
    """The id of a classroom row whose answer was lost."""
    site.accredit(course_type=4, pe_edition_id="7")
    site.sandbox.ledger.add_meeting(ORG, COURSE, (7, None))
    site.learners(1)
    site.sandbox.faults.add("pe", "lost_answer")
    site.night()
    return site.only("attendance_id")


def test_the_list_shows_ids_and_reasons_and_no_relation_number(run, unknown):
    shown = run("list", "--status", "unknown").output
    assert "C052001" in shown
    assert "outcome_unknown" in shown
    assert " 052001 " not in shown
    assert "no rows" in run("list", "--org", 19).output


def test_an_unknown_row_that_is_registered_is_settled_and_not_sent_again(run, site, unknown):
    assert run("settle", unknown, "--registered", "--by", "clerk").exit_code == 0
    site.night()
    assert (site.only("status"), site.calls()) == ("accepted", 1)


def test_what_was_lost_in_test_mode_and_settled_is_still_sent_after_activation(run, site, unknown):
    site.sql("update ops.outbox_attempts set mode = 'test'")
    run("settle", unknown, "--registered", "--by", "clerk")
    assert site.only("status") == "accepted_in_test"


def test_only_unknown_rows_can_be_settled_and_only_rejected_ones_sent_again(run, site, unknown):
    with pytest.raises(InvalidInput, match="not rejected"):
        run("resend", unknown, "--by", "clerk")
    with pytest.raises(InvalidInput, match="not accepted"):
        run("resend", unknown, "--status", "accepted", "--by", "clerk")
    run("settle", unknown, "--not-registered", "--by", "clerk")
    with pytest.raises(InvalidInput, match="not unknown"):
        run("settle", unknown, "--registered", "--by", "clerk")
    assert site.sql("select decision from ops.outbox_decisions") == [("not_registered",)]


def test_a_preview_is_printed_without_the_key(run, site, monkeypatch):
    site.accredit()
    site.learners(1)
    account = site.connection()
    given = {
        "conn_type": "pe_online",
        "host": account.host,
        "login": account.login,
        "password": account.password,
    }
    monkeypatch.setenv("AIRFLOW_CONN_PE_ONLINE", json.dumps(given))
    shown = run("preview", ORG).output
    assert "<externalPersonID>052001</externalPersonID>" in shown
    assert accounts.PE_KEY not in shown


def test_rows_are_sent_again_by_what_they_have_in_common_and_never_all_of_them_by_a_slip(run, site):
    site.accredit()
    site.learners(3)
    site.night()
    with pytest.raises(InvalidInput, match="say which rows"):
        run("resend", "--status", "accepted", "--by", "clerk")
    for nothing in (["--org", 19], ["--course", "1"], ["--until", "2020-01-01"], ["--reason", "x"]):
        told = run("resend", "--status", "accepted", *nothing, "--by", "clerk").output
        assert told.startswith("0 rows")
    told = run("resend", "--status", "accepted", "--course", COURSE, "--since", "2020-01-01", "--by", "clerk")
    assert told.output == "3 rows: will be sent again\n"
    assert set(site.statuses().values()) == {"pending"}


def test_the_list_is_whole_in_a_pipe_and_says_how_many_rows_it_holds(run, site, monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")
    site.accredit()
    site.learners(2)
    site.plan()
    shown = run("list", "--status", "pending")
    assert shown.stderr == "2 rows\n"
    header, *rows = (line.split("\t") for line in shown.stdout.splitlines())
    assert header[:2] == ["attendance_id", "org_id"]
    assert [row[2] for row in rows] == ["C052001", "C052002"]


def test_several_unknown_rows_are_settled_at_once_or_none_of_them(run, site):
    site.accredit(course_type=4, pe_edition_id="7")
    site.sandbox.ledger.add_meeting(ORG, COURSE, (7, None))
    site.learners(2)
    site.sandbox.faults.add("pe", "lost_answer")
    site.night()
    rows = [row for (row,) in site.sql("select attendance_id from mart.pe_attendance order by 1")]
    with pytest.raises(InvalidInput, match="row 999"):
        run("settle", *rows, 999, "--registered", "--by", "clerk")
    assert set(site.statuses().values()) == {"unknown"}
    assert run("settle", *rows, "--registered", "--by", "clerk").output == "2 rows: registered\n"
    assert set(site.statuses().values()) == {"accepted"}


def test_points_that_pe_online_moved_to_corrected_numbers_are_settled_at_once(run, site):
    site.accredit()
    site.learners(3)
    site.night()
    for client in ("C052001", "C052002"):
        site.number(client, client.replace("C05", "06"))
    site.night()
    told = run("settle", "--reason", "number_changed", "--registered", "--by", "clerk").output
    assert told == "2 rows: registered\n"
    site.night()
    assert site.sql("select distinct status, reason from mart.pe_attendance") == [("accepted", None)]
    assert (site.open_cases(), len(site.received())) == ([], 3)


@pytest.mark.parametrize("status", ["unknown", "pending", "acepted"])
def test_only_rows_that_can_be_sent_again_can_be_asked_for(run, status):
    with pytest.raises(InvalidInput, match="must be one of rejected, accepted, withheld"):
        run("resend", "--status", status, "--org", ORG, "--by", "clerk")


def test_nothing_is_settled_by_a_slip(run, site):
    with pytest.raises(InvalidInput, match="say which rows"):
        run("settle", "--registered", "--by", "clerk")
