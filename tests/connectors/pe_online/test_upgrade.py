"""A ledger that the version before filled: it stands as it was, and what was accepted there is not sent again."""

from collections import Counter
from uuid import uuid4

import pytest

from etl.connectors.pe_online import points
from etl.connectors.pe_online.account import account
from etl.db import schema
from etl.engine.pusher import exclusive
from tests.connectors.pe_online import before_one_ledger
from tests.connectors.pe_online.site import ORG

STANDS = "select to_jsonb(point) from mart.pe_attendance as point order by attendance_id"
ITEMS = "select to_jsonb(item) from ops.outbox as item order by item_id"
ATTEMPTS = "select to_jsonb(tried) from ops.outbox_attempts as tried order by attempt_id"
DECISIONS = "select to_jsonb(decided) from ops.outbox_decisions as decided order by decision_id"
STATUSES = {"pending", "sending", "accepted", "accepted_in_test", "rejected", "unknown", "withheld"}
ROWS = "select item_id, xmin::text from ops.outbox order by 1"


def test_the_first_night_after_an_upgrade_sends_nothing_that_was_accepted_before(site, warehouse):
    site.accredit()
    site.learners(3)
    site.night(timezone="America/Curacao")
    site.person("C9")
    site.passed("C9")
    site.plan()
    before_one_ledger.restore(site, before_one_ledger.FIRST)
    site.sql("delete from ops.schema_migrations where version in ('20261126004001', '20261126004002')")
    schema.migrate(warehouse)
    before = site.sql(ROWS)
    assert site.night() == "success"
    assert site.sql(ROWS) == before
    assert len(site.received()) == 3


def test_what_was_rejected_for_good_since_its_sentence_was_not_known_is_offered_once_more(site, warehouse):
    site.accredit()
    site.person("C1", "999999", known=False)
    site.passed("C1")
    site.night()
    site.sql("update ops.outbox set reason = 'not_classified', next_attempt_at = null")
    before_one_ledger.restore(site)
    site.sql("delete from ops.schema_migrations where version = '20261126004002'")
    schema.migrate(warehouse)
    site.sandbox.ledger.add_person(ORG, "999999")
    assert site.night() == "success"
    assert site.only("status") == "accepted"


@pytest.fixture
def every_status(site):
    """Points in every status, with the attempts and decisions that led there."""
    site.accredit()
    site.accredit("3", pe_course=700003, course_type=4, pe_edition_id="7")
    site.sandbox.ledger.add_meeting(ORG, 700003, (7, None))
    for client, number, course in (("C1", "052001", "2"), ("C1", "052001", "3"), ("C2", "999999", "2")):
        site.person(client, number, known=client == "C1")
        site.passed(client, course)
    site.person("C3")
    site.passed("C3")
    site.night()
    site.resend(reason="person_unknown")
    learner(site, "C4")
    site.night(mode="test")
    learner(site, "C5")
    site.sandbox.faults.add("pe", "lost_answer")
    site.night(mode="test")
    learner(site, "C6")
    site.plan(mode="test")
    with exclusive(site.engine, points.POINTS, str(ORG)) as pusher:
        [killed] = [one.item_id for one in pusher.due() if one.status == "pending"]
        pusher.claim([killed], uuid4(), site.run_id(), account(site.connection()), points.rows)
    learner(site, "C7")
    site.plan(mode="test")
    return site


def learner(site, client):
    site.person(client, f"05200{client[1]}")
    site.passed(client, at=f"2026-09-25T15:13:20.12345{client[1]}Z")


def test_a_ledger_in_every_status_stands_as_it_was_after_an_upgrade(every_status, warehouse):
    site = every_status
    assert {status for (status,) in site.sql("select status from mart.pe_attendance")} == STATUSES
    before = [site.sql(what) for what in (STANDS, ITEMS, ATTEMPTS, DECISIONS)]
    before_one_ledger.restore(site)
    schema.migrate(warehouse)
    assert [site.sql(what) for what in (STANDS, ITEMS, ATTEMPTS, DECISIONS)] == before


def test_a_push_after_an_upgrade_settles_what_was_open_and_sends_nothing_twice(every_status, warehouse):
    site = every_status
    known = {row for (row,) in site.sql("select attendance_id from mart.pe_attendance")}
    accepted = site.sql("select attendance_id, attempts from mart.pe_attendance where status = 'accepted'")
    before_one_ledger.restore(site)
    schema.migrate(warehouse)
    learner(site, "C8")
    assert site.night() == "success"
    assert site.statuses() == {
        "052001": "accepted",
        "999999": "rejected",
        "C3": "withheld",
        **{f"05200{number}": "accepted" for number in (4, 5, 6, 7, 8)},
    }
    assert len(accepted) == 2
    for row, attempts in accepted:
        assert site.sql(f"select attempts from mart.pe_attendance where attendance_id = {row}") == [
            (attempts,)
        ]
    assert site.booked() == {"052001": 2} | {f"05200{number}": 1 for number in (4, 5, 6, 7, 8)}
    [(fresh,)] = site.sql("select attendance_id from mart.pe_attendance where client_code = 'C8'")
    assert fresh not in known
    assert site.night() == "success"
    offered = Counter((row["person"], row["course"], row["end_date"]) for row in site.received())
    again = {person for (person, _, _), times in offered.items() if times > 1}
    assert again == {"999999", "052004", "052005"}  # asked for by a person, in test mode, answer lost
    assert len(offered) == 8
