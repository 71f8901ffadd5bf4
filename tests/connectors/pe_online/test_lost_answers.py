"""Answers that are lost, late or unusable: nothing is sent twice, and nothing is forgotten."""

import pytest

from etl.errors import GiveUp, RetryLater
from tests.connectors.pe_online.site import COURSE, ORG
from tests.fixtures.properties import one_quickly

LOST = [
    "lost_answer",
    "truncated",
    "cut",
    "escaped",
    "empty",
    "drop",
    "server_error",
    "bad_gateway",
    "unavailable",
    "html",
    "soap_fault",
]


@pytest.mark.parametrize("kind", one_quickly(LOST))
def test_a_lost_answer_is_settled_by_the_identical_row_and_gives_points_once(site, kind):
    site.accredit()
    people = site.learners(2)
    site.sandbox.faults.add("pe", kind)
    assert site.night() == "incomplete"
    assert site.statuses() == dict.fromkeys(people, "unknown")
    site.number("C052001", "099999")  # a number that is corrected meanwhile must not make it another row
    assert site.night() == "success"
    assert site.statuses() == dict.fromkeys(people, "accepted")
    assert site.booked() == dict.fromkeys(people, 1)
    assert (
        len({tuple(row[name] for name in ("person", "end_date", "course")) for row in site.received()}) == 2
    )


def test_a_lost_answer_of_a_classroom_course_waits_for_a_person(site):
    site.accredit(course_type=4, pe_edition_id="7")
    site.sandbox.ledger.add_meeting(ORG, COURSE, (7, None))
    site.learners(2)
    site.sandbox.faults.add("pe", "lost_answer")
    site.plan()
    with pytest.raises(GiveUp, match="etl pe settle"):
        site.push()
    assert site.night() == "success"
    assert set(site.statuses().values()) == {"unknown"}
    assert site.calls() == 1
    first, second = (row for (row,) in site.sql("select attendance_id from mart.pe_attendance order by 1"))
    site.settle(first, True)
    site.settle(second, False)
    site.night()
    assert site.statuses() == {"052001": "accepted", "052002": "accepted"}
    assert [row["person"] for row in site.received()] == ["052001", "052002", "052002"]


def test_a_service_that_cannot_be_reached_leaves_everything_pending(site):
    site.accredit()
    people = site.learners(2)
    assert site.night(url="http://127.0.0.1:9/x.asmx") == "incomplete"
    assert site.statuses() == dict.fromkeys(people, "pending")
    assert site.sql("select distinct outcome, error_code from ops.outbox_attempts") == [
        ("not_processed", "not_sent")
    ]


def test_too_many_requests_leaves_everything_pending_and_says_when_to_come_back(site):
    site.accredit()
    site.learners(2)
    site.sandbox.faults.add("pe", "too_many_requests", retry_after=9)
    site.plan()
    with pytest.raises(RetryLater) as raised:
        site.push()
    assert raised.value.retry_after == 9
    assert set(site.statuses().values()) == {"pending"}


def test_an_unknown_row_that_could_not_be_settled_stays_unknown(site):
    site.accredit()
    site.learners(1)
    site.sandbox.faults.add("pe", "lost_answer")
    site.night()
    for trouble in ({"key": "wrong"}, {"url": "http://127.0.0.1:9/x.asmx"}):
        site.night(**trouble)
        assert site.only("status", "reason") == ("unknown", "outcome_unknown")


def test_an_account_that_gives_no_usable_answer_is_left_alone_after_three_calls(site):
    site.accredit()
    site.learners(10)
    site.sandbox.faults.add("pe", "html", count=None)
    assert site.night(batch_limit=1) == "incomplete"
    assert site.calls() == 3
    assert sorted(site.statuses().values()) == ["pending"] * 7 + ["unknown"] * 3
