"""Enrolments and people on the command line: looked at, sent by a person, stopped half way."""

import json

import pytest
from typer.testing import CliRunner

from etl import cli
from etl.connectors.moodle.writing import asked
from etl.connectors.moodle.writing.asked import Choice
from tests.connectors.moodle.writing.conftest import EMPTY_COURSE


@pytest.fixture
def etl(warehouse, connect, settings, write, client, enrolled, monkeypatch):
    """A function that runs the command; two people wait in an occurrence that does not send by itself."""
    account = connect("moodle_main")
    said = {"conn_type": "moodle", "host": account.host, "password": account.password}
    monkeypatch.setenv("WAREHOUSE_URL", warehouse)
    monkeypatch.setenv("AIRFLOW_CONN_MOODLE_MAIN", json.dumps(said))
    write("update core.occurrences set send_automatically = false where occurrence_code = 'OCC-1004'")
    for code in ("N1", "N2"):
        client(code)
        enrolled(code)

    def etl(*given):
        done = CliRunner().invoke(cli._typer, ["moodle", *given])
        return done.exit_code, done.output

    return etl


def test_a_preview_says_exactly_what_would_be_sent_and_sends_nothing(etl, wrote, read):
    code, shown = etl("enrolments", "preview", "--occurrence", "OCC-1004")
    assert code == 0
    lines = [line.split("\t") for line in shown.splitlines()]
    assert [line[:2] for line in lines[1:]] == [
        ["N1", "make account"],
        ["N2", "make account"],
        ["N1", "enrol in course"],
        ["N2", "enrol in course"],
    ]
    assert lines[1][2] == (
        "username=n1@x.example firstname=Given N1 lastname=Surname N1 email=n1@x.example idnumber=N1"
    )
    assert lines[3][2] == "course=5 user=(new) role=5 timestart=1789336800"
    assert (wrote(), read("select * from ops.outbox where target = 'moodle'").empty) == ({}, True)


def test_a_preview_says_what_would_not_be_sent(etl, enrolled, client, transfer, write, wrote):
    write("update core.occurrences set send_automatically = true where occurrence_code = 'OCC-1004'")
    transfer()
    write("update core.occurrences set send_automatically = false where occurrence_code = 'OCC-1004'")
    enrolled("N1", code="E-AGAIN")
    client("N3")
    write("insert into core.client_numbers values ('N3', 'moodle:moodle_main', '47')")
    enrolled("N3")
    wrote()
    _, shown = etl("enrolments", "preview", "--occurrence", "OCC-1004")
    lines = [line.split("\t")[:2] for line in shown.splitlines()[1:]]
    assert lines == [["N3", "blocked: account_is_staff"], ["N1", "is in the course already"]]
    assert wrote() == {}


def test_a_person_transfers_what_is_ready_and_it_stands_there_with_who_asked(etl, books, read):
    code, said = etl("enrolments", "transfer", "--occurrence", "OCC-1004", "--by", "ann")
    assert (code, said.startswith("4 sent: success")) == (0, True)
    assert len(books.enrolments) == 2
    assert read(
        "select enrolment_code, state, asked_by from mart.moodle_enrolments"
        " where occurrence_code = 'OCC-1004' order by 1"
    ).to_numpy().tolist() == [["E-N1", "transferred", "ann"], ["E-N2", "transferred", "ann"]]
    changes = read("select client_code, change, asked_by from mart.moodle_changes order by 1")
    assert changes.to_numpy().tolist() == [["N1", "account made", "ann"], ["N2", "account made", "ann"]]


def test_a_transfer_that_is_stopped_half_way_goes_on_where_it_was_and_not_by_itself(
    etl, books, transfer, state
):
    stopped = ("transfer", "--occurrence", "OCC-1004", "--by", "ann", "--stop-after", "1")
    code, said = etl("enrolments", *stopped)
    assert (code, "3 were not sent" in said) == (0, True)
    assert (len(books.mailed), len(books.enrolments)) == (1, 0)
    assert transfer() == "success"
    assert (len(books.enrolments), state("E-N1"), state("E-N2")) == (0, ("ready", None), ("ready", None))
    etl("enrolments", "transfer", "--occurrence", "OCC-1004", "--by", "ann")
    assert (sorted(books.mailed), len(books.enrolments)) == (["n1@x.example", "n2@x.example"], 2)


def test_more_than_the_site_allows_is_confirmed_or_nothing_was_asked_for(etl, settings, wrote, read):
    settings(at_most=3)
    assert etl("enrolments", "transfer", "--occurrence", "OCC-1004", "--by", "ann")[0] == 1
    assert wrote() == {}
    assert read("select * from ops.outbox_decisions").empty
    assert etl("enrolments", "transfer", "--occurrence", "OCC-1004", "--by", "ann", "--at-most", "4")[0] == 0


def test_an_enrolment_that_is_not_ready_is_not_asked_for(etl, write, wrote, read):
    write("update core.clients set archived = true where client_code = 'N1'")
    assert etl("enrolments", "transfer", "--enrolment", "E-N1", "--by", "ann")[0] == 1
    assert (wrote(), read("select * from ops.outbox_decisions").empty) == ({}, True)
    assert etl("enrolments", "transfer", "--enrolment", "E-N2", "--by", "ann")[0] == 0
    assert wrote() == {"create_users": 1, "enrol_users": 1}


def test_a_list_says_how_each_enrolment_stands(etl):
    _, shown = etl("enrolments", "list", "--occurrence", "OCC-1004")
    lines = [line.split("\t") for line in shown.splitlines()]
    assert [(line[0], line[5]) for line in lines[1:]] == [("E-N1", "ready"), ("E-N2", "ready")]


def test_a_change_of_a_person_is_shown_and_sent_by_itself(etl, write, user, wrote):
    etl("enrolments", "transfer", "--occurrence", "OCC-1004", "--by", "ann")
    assert etl("people", "preview") == (0, "nothing would be sent\n")
    write("update core.clients set surname = 'Changed' where client_code = 'N1'")
    _, shown = etl("people", "preview")
    assert shown.splitlines()[1] == f"N1\tchange account\tuser={user('N1')['id']} lastname=Changed"
    wrote()
    assert etl("people", "sync")[0] == 0
    assert (user("N1")["lastname"], wrote()) == ("Changed", {"update_users": 1})


def test_a_withdrawn_enrolment_is_removed_when_a_person_says_so(etl, write, books, user, wrote, transfer):
    etl("enrolments", "transfer", "--occurrence", "OCC-1004", "--by", "ann")
    write("update core.enrolments set status = 'withdrawn' where enrolment_code = 'E-N1'")
    write("update core.moodle_writing set on_withdrawal = 'nothing'")
    wrote()
    assert (transfer(), wrote()) == ("success", {})
    assert etl("enrolments", "withdraw", "E-N1", "--by", "ann", "--remove")[0] == 0
    assert ((EMPTY_COURSE, user("N1")["id"]) in books.enrolments, wrote()) == (False, {"unenrol_users": 1})


@pytest.mark.long
def test_an_enrolment_that_nobody_withdrew_is_removed_by_a_person_once_and_stays_out(
    etl, books, user, wrote, transfer, read
):
    etl("enrolments", "transfer", "--occurrence", "OCC-1004", "--by", "ann")
    wrote()
    assert etl("enrolments", "withdraw", "E-N1", "--by", "bob", "--remove")[0] == 0
    assert ((EMPTY_COURSE, user("N1")["id"]) in books.enrolments, wrote()) == (False, {"unenrol_users": 1})
    assert (transfer(), wrote()) == ("success", {})
    removed = read(
        "select enrolment_code, asked_by from mart.moodle_changes where change = 'enrolment removed'"
    )
    assert removed.to_numpy().tolist() == [["E-N1", "bob"]]
    assert read(
        "select state, withdrawn from mart.moodle_enrolments where enrolment_code = 'E-N1'"
    ).to_numpy().tolist() == [["transferred", "unenrol"]]


def test_what_cannot_leave_its_course_is_said_and_nothing_is_asked_for(etl, wrote, read):
    code, _ = etl("enrolments", "withdraw", "E-N1", "--by", "bob", "--remove")
    assert (code, wrote(), read("select * from ops.outbox_decisions").empty) == (1, {}, True)


def test_what_goes_on_elsewhere_is_stopped_and_asked_for_by_nobody(etl, engine, transfer, books, state):
    with engine.begin() as session:
        asked.ask(session, Choice(["OCC-1004"]), "ann")
    assert etl("enrolments", "stop", "--by", "bob")[1].startswith("4 were not sent")
    assert (transfer(), books.created["accounts"], state("E-N1")) == ("success", 0, ("ready", None))


@pytest.mark.long
def test_a_person_switches_whether_an_occurrence_sends_by_itself_and_it_stands_there_who(
    etl, transfer, books, read
):
    assert etl("enrolments", "automatic", "occ-1004", "on", "--by", "ann")[0] == 0
    assert (transfer(), len(books.mailed)) == ("success", 2)
    assert etl("enrolments", "automatic", "OCC-1004", "site", "--by", "ann")[0] == 0
    kept = read(
        "select who, after from ops.audit where table_name = 'core.occurrences' and through = 'command'"
    )
    assert [(row.who, row.after.get("send_automatically")) for row in kept.itertuples()] == [
        ("ann", True),
        ("ann", None),
    ]


def test_the_occurrences_are_listed_with_how_their_enrolments_stand(etl, engine):
    etl("enrolments", "transfer", "--enrolment", "E-N1", "--by", "ann")
    with engine.connect() as session:
        [row] = [one for one in asked.occurrences(session) if one["occurrence_code"] == "OCC-1004"]
    assert (row["ready"], row["transferred"], row["blocked"], row["sends_automatically"]) == (1, 1, 0, False)


@pytest.mark.long
def test_a_transfer_after_a_lost_answer_settles_what_was_asked_for_before(etl, sandbox, books):
    sandbox.faults.add("moodle", "drop", operation="core_user_create_users")
    assert etl("enrolments", "transfer", "--enrolment", "E-N1", "--by", "ann")[0] == 1
    assert etl("enrolments", "transfer", "--enrolment", "E-N1", "--by", "ann")[0] == 0
    assert (books.mailed, len(books.enrolments)) == (["n1@x.example"], 1)
