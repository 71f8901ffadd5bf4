"""Killed anywhere, started twice, answered in any order, cut into any calls: each point is registered once."""

import json
import os
import random
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from etl.connectors.pe_online import flow, points
from etl.engine.pusher import exclusive
from etl.errors import DatabaseFault
from tests.connectors.pe_online.site import ORG
from tests.fixtures.properties import examples


def killed_run(site, warehouse, point):
    account = site.connection(batch_limit=2)
    made = {
        "conn_type": "pe_online",
        "host": account.host,
        "login": account.login,
        "password": account.password,
        "extra": dict(account.extra),
    }
    environment = os.environ | {
        "WAREHOUSE_URL": warehouse,
        "AIRFLOW_CONN_PE_ONLINE": json.dumps(made),
        "ETL_FAILPOINT": point,
    }
    command = [sys.executable, "-m", "etl", "run", "pe_online_attendance"]
    return subprocess.run(command, env=environment, capture_output=True, check=False).returncode


@pytest.mark.long
def test_a_classroom_push_that_was_killed_is_never_repeated_by_itself(site, warehouse):
    site.accredit(course_type=4, pe_edition_id="7")
    site.sandbox.ledger.add_meeting(ORG, 700001, (7, None))
    site.learners(4)
    assert killed_run(site, warehouse, "push.sent") == -signal.SIGKILL
    assert site.night(batch_limit=2) == "incomplete"
    assert sorted(site.statuses().values()) == ["accepted"] * 2 + ["unknown"] * 2
    persons = [row["person"] for row in site.received()]
    assert len(persons) == len(set(persons))


def test_of_two_pushers_at_once_one_leaves_and_nothing_is_sent_twice(site):
    site.accredit()
    people = site.learners(6)
    site.plan()
    site.sandbox.faults.add("pe", "slow", count=None, seconds=0.1)
    with ThreadPoolExecutor(4) as pool:
        counts = list(pool.map(lambda _: site.push(batch_limit=1), range(4)))
    assert sum(one.written for one in counts) == 6
    assert sorted(row["person"] for row in site.received()) == people
    assert site.booked() == dict.fromkeys(people, 1)


def test_a_pusher_that_does_not_get_the_lock_says_how_much_it_left(site, caplog):
    caplog.set_level("INFO")
    site.accredit()
    site.learners(3)
    site.plan()
    with exclusive(site.engine, points.POINTS, str(ORG)) as held:
        assert held is not None
        counts = site.push()
    assert (counts.read, counts.ignored, site.calls()) == (3, 3, 0)
    assert "another push is running; 3 rows left alone" in caplog.text
    assert site.push().written == 3


def test_the_lock_of_one_group_does_not_hold_another(site):
    site.accredit()
    site.learners(1)
    site.plan()
    with exclusive(site.engine, points.POINTS, "19"):
        assert site.push().written == 1


def test_a_row_that_was_withheld_after_it_was_planned_is_not_sent(site):
    site.accredit()
    site.learners(2)
    site.plan()
    with exclusive(site.engine, points.POINTS, str(ORG)) as pusher:
        due = pusher.due()
        site.sql("delete from core.client_numbers where client_code = 'C052001'")
        site.plan()
        account = flow.account(site.connection())
        with flow.PeClient(account) as client:
            flow.PeSender(pusher, client, account, ORG, site.run_id()).send(due)
    assert site.statuses() == {"C052001": "withheld", "052002": "accepted"}


class Shuffled:
    """The sandbox's PE-Online, with the parts of each Summary in another order."""

    def __init__(self, process, seed):
        self.process = process
        self.random = random.Random(seed)

    def __call__(self, payload):
        summary = etree.fromstring(self.process(payload))
        parts = list(summary)
        self.random.shuffle(parts)
        summary[:] = parts
        return etree.tostring(summary, encoding="unicode")


# The last two name the same course and no person: in one call they cannot be told apart.
FATES = {
    "good": ("2", "accepted"),
    "stranger": ("2", "person_unknown"),
    "no module": ("3", "module_missing"),
    "odd module": ("4", "module_fault"),
}
PEOPLE = ["good", "stranger", "good", "no module", "odd module", "good", "stranger", "no module"]


@given(limit=st.integers(1, 8), seed=st.integers(0, 999), style=st.sampled_from(["text", "code"]))
@examples(12)
def test_any_order_of_the_answers_and_any_split_into_calls_leave_the_same_ledger(site, limit, seed, style):
    site.sql("truncate ops.outbox, core.accreditations, core.course_completions, core.clients cascade")
    site.sandbox.pe.reset()
    site.sandbox.pe.settings = type(site.sandbox.pe.settings)(error_style=style)
    process = type(site.sandbox.pe).process.__get__(site.sandbox.pe)
    site.sandbox.pe.process = Shuffled(process, seed)
    site.accredit("2")
    site.accredit("3", pe_course=700003)
    site.accredit("4", pe_course=700003, pe_module_id="99")
    site.sandbox.ledger.add_module(ORG, 700003, 12)
    expected = {}
    for place, fate in enumerate(PEOPLE):
        course, outcome = FATES[fate]
        number = f"{60000 + place:06d}"
        site.person(f"C{place}", number, known=fate != "stranger")
        site.passed(f"C{place}", course)
        expected[number] = outcome
    for _ in range(3):  # what one answer leaves open, the next run settles one row a call
        site.night(batch_limit=limit)
    del site.sandbox.pe.process
    found = dict(site.sql("select relation_number, coalesce(reason, status) from mart.pe_attendance"))
    assert found == expected
    assert site.booked() == {number: 1 for number, fate in expected.items() if fate == "accepted"}


def test_a_pusher_that_loses_its_database_during_the_call_is_made_good_by_the_next_one(site):
    site.accredit()
    people = site.learners(2)
    site.plan()
    process = site.sandbox.pe.process

    def process_while_the_database_breaks(payload):
        site.sql("select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory'")
        return process(payload)

    site.sandbox.pe.process = process_while_the_database_breaks
    with pytest.raises(DatabaseFault):
        site.push()
    site.sandbox.pe.process = process
    assert set(site.statuses().values()) == {"sending"}
    assert site.night() == "success"
    assert site.booked() == dict.fromkeys(people, 1)
