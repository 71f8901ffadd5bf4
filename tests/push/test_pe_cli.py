"""The command line of the ledger: what is in it, and a person's decisions."""

import json

import pytest
from typer.testing import CliRunner

from etl.cli import pe
from etl.errors import InvalidInput
from etl.sandbox import accounts
from tests.push.site import COURSE, ORG


@pytest.fixture
def run(warehouse, monkeypatch):
    monkeypatch.setenv("WAREHOUSE_URL", warehouse)
    monkeypatch.setenv("COLUMNS", "250")

    def run(*arguments):
        return CliRunner().invoke(pe.app, [str(one) for one in arguments], catch_exceptions=False)

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
    site.sql("update ops.pe_attempts set mode = 'test'")
    run("settle", unknown, "--registered", "--by", "clerk")
    assert site.only("status") == "accepted_in_test"


def test_only_unknown_rows_can_be_settled_and_only_rejected_ones_sent_again(run, site, unknown):
    with pytest.raises(InvalidInput, match="not rejected"):
        run("resend", unknown, "--by", "clerk")
    run("settle", unknown, "--not-registered", "--by", "clerk")
    with pytest.raises(InvalidInput, match="not unknown"):
        run("settle", unknown, "--registered", "--by", "clerk")
    assert site.sql("select decision from ops.pe_decisions") == [("not_registered",)]


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
