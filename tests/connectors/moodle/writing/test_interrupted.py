"""Killed at each named point, answers lost at each function, two runs at once: one account, one mail, one enrolment."""

import os
import signal
from concurrent.futures import ThreadPoolExecutor

import pytest

from etl import db
from etl.connectors.moodle.writing import flow
from etl.engine.options import Options
from tests.connectors.moodle.writing.conftest import EMPTY_COURSE

KINDS = ("account", "enrolment", "change", "withdrawal", "removal")
FUNCTIONS = {
    "account": "core_user_create_users",
    "enrolment": "enrol_manual_enrol_users",
    "change": "core_user_update_users",
    "withdrawal": "enrol_manual_enrol_users",
    "removal": "enrol_manual_unenrol_users",
}


@pytest.fixture
def wished(client, enrolled, transfer, write, settings):
    """A function after which one kind of call is due first, of one person."""

    def wished(kind):
        client("N1")
        enrolled("N1")
        if kind == "account":
            return
        if kind == "enrolment":
            write("update core.occurrences set send_automatically = false where occurrence_code = 'OCC-1004'")
            enrolled("N1", occurrence="OCC-1003", code="E-OTHER")
            write("update core.occurrences set send_automatically = true where occurrence_code = 'OCC-1003'")
            write(
                "update core.enrolments set closed_at = now()"
                " where occurrence_code = 'OCC-1003' and enrolment_code <> 'E-OTHER'"
            )
        transfer()
        if kind == "enrolment":
            write("update core.occurrences set send_automatically = true where occurrence_code = 'OCC-1004'")
        if kind == "change":
            write("update core.clients set surname = 'Changed', archived = true where client_code = 'N1'")
        if kind in ("withdrawal", "removal"):
            settings(on_withdrawal="suspend" if kind == "withdrawal" else "unenrol")
            write("update core.enrolments set status = 'withdrawn' where enrolment_code = 'E-N1'")

    return wished


@pytest.fixture
def came(books, user):
    """A function that tells whether all is as it should be, by the books of the site."""

    def came(kind):
        account = user("N1")
        kept = books.enrolments.get((EMPTY_COURSE, account["id"]))
        assert (books.created["accounts"], books.mailed) == (1, ["n1@x.example"])
        if kind == "change":
            assert (account["lastname"], account["suspended"]) == ("Changed", True)
        if kind == "removal":
            assert kept is None
        else:
            assert kept.suspended == (kind == "withdrawal")
            assert kept.timestart > 0

    return came


def run_until(point, warehouse, connection):
    """What the process that gets killed does."""
    os.environ["ETL_FAILPOINT"] = point
    flow.run(db.engine(warehouse), lambda _: connection, Options())


@pytest.mark.long
@pytest.mark.parametrize("point", ["moodle.planned", "moodle.claimed", "moodle.answered", "moodle.recorded"])
@pytest.mark.parametrize("kind", KINDS)
def test_killed_anywhere_the_next_run_ends_like_an_undisturbed_one(
    kind, point, wished, came, transfer, warehouse, connect, processes, wrote
):
    wished(kind)
    killed = processes.Process(target=run_until, args=(point, warehouse, connect("moodle_main")))
    killed.start()
    killed.join()
    assert killed.exitcode == -signal.SIGKILL
    assert transfer() == "success"
    came(kind)
    wrote()
    assert (transfer(), wrote()) == ("success", {})


@pytest.mark.parametrize(
    "fault",
    [
        "lost_answer",
        *(pytest.param(one, marks=pytest.mark.long) for one in ("drop", "truncated", "bad_gateway")),
    ],
)
@pytest.mark.parametrize("kind", KINDS)
def test_a_lost_answer_is_settled_by_reading_back(kind, fault, wished, came, transfer, sandbox):
    wished(kind)
    sandbox.faults.add("moodle", fault, operation=FUNCTIONS[kind])
    # What was done is seen in the same run, which goes on; what was not may still be under way, and is the next run's.
    assert transfer() == ("success" if fault in ("lost_answer", "truncated") else "incomplete")
    assert transfer() == "success"
    came(kind)


def test_of_two_runs_at_once_one_leaves_it_to_the_other(client, enrolled, transfer, sandbox, books):
    for code in ("N1", "N2", "N3"):
        client(code)
        enrolled(code)
    sandbox.faults.add("moodle", "slow", operation="core_user_create_users", count=None, seconds=0.05)
    with ThreadPoolExecutor(3) as pool:
        statuses = list(pool.map(lambda _: transfer(), range(3)))
    assert set(statuses) == {"success"}
    assert sorted(books.mailed) == ["n1@x.example", "n2@x.example", "n3@x.example"]
    assert len([1 for course, _ in books.enrolments if course == EMPTY_COURSE]) == 3
