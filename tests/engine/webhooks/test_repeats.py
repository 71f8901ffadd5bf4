"""Repeats change nothing, what cannot be used is listed until its cause is gone, and nothing grows for ever."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import text

from etl.connectors.coachview import flow
from etl.engine.options import Options
from etl.engine.webhooks import heard
from etl.sandbox.anewspring import sender as anewspring
from etl.sandbox.elearning import sender as elearning
from etl.sandbox.elearning.sender import result
from tests.fixtures.webhooks import SECRET, address, receivers, serving

LISTED = "select source, record_key, reason_code from mart.rejections where resolved_at is null order by 1, 2"
REGISTERED = "select request_code, part_code, result, approved_on::text from mart.registrations order by 1, 2"


@pytest.fixture
def origin(warehouse, filled):
    with serving(receivers(warehouse)) as origin:
        yield origin


@pytest.fixture
def academy(origin):
    return anewspring.sender(address(origin, "academy"), SECRET)


@pytest.fixture
def studio(origin):
    return elearning.sender(address(origin, "studio"), SECRET)


@pytest.fixture
def night(engine):
    def night():
        return flow.run(engine, None, Options())[1]

    return night


def change(engine, statement):
    with engine.begin() as session:
        session.execute(text(statement))


def test_the_same_event_again_changes_nothing_however_it_is_written(academy, rows, night):
    said = anewspring.completed("X1", "12", grade=8)
    for xml in (False, True, False):
        assert anewspring.send(academy, said, xml=xml).status == 200
    assert rows("select deliveries, outcome from mart.received_messages") == [(3, "completion")]
    assert rows("select event, times from mart.webhook_log order by log_id") == [
        ("message", 1),
        ("message_again", 2),
    ]
    assert night() == "success"
    assert anewspring.send(academy, said).text == "already registered: the first registration stands"
    assert night() == "success"
    assert rows(REGISTERED) == [("R1", "THEORY", Decimal("8.0"), "2026-01-13")]
    assert rows(LISTED) == []


def test_a_later_attempt_is_another_message_and_the_first_registration_stands(academy, rows, night):
    anewspring.send(academy, anewspring.completed("X1", "12", "2026-01-13T09:30:00Z", grade=6))
    night()
    later = anewspring.completed("X1", "12", "2026-01-14T09:30:00Z", grade=9)
    assert anewspring.send(academy, later).text == "already registered: the first registration stands"
    night()
    assert rows(REGISTERED) == [("R1", "THEORY", Decimal("6.0"), "2026-01-13")]
    assert rows(LISTED) == [("academy", "12/X1", "later_attempt")]


def test_a_person_who_is_entered_later_is_registered_without_another_message(studio, engine, rows, night):
    assert elearning.send(studio, result("1004", "V-1", Resultaat="7,5")).status == 404
    assert night() == "success"
    assert rows(LISTED) == [("studio", "V-1/1004", "person_unknown")]
    change(engine, "insert into core.training_requests values ('R4', 'T', '1004', null, null, 'open')")
    assert night() == "success"
    assert rows(REGISTERED) == [("R4", "VIDEO", Decimal("7.5"), "2026-01-13")]
    assert rows(LISTED) == []


def test_a_message_that_cannot_be_used_is_one_line_until_a_later_one_can_be(studio, rows, night):
    for wrong in ("acht", "negen"):
        assert elearning.send(studio, result("1001", "V-1", Resultaat=wrong)).status == 400
    night()
    night()
    assert rows(LISTED) == [("studio", "V-1/1001", "malformed_record")]
    [(reason,)] = rows("select reason from mart.rejections where resolved_at is null")
    assert reason == "element Resultaat: not a number such as 7.5 or 7,5"
    assert elearning.send(studio, result("1001", "V-1", Resultaat="8")).status == 200
    night()
    assert rows(LISTED) == []
    assert rows(REGISTERED) == [("R1", "VIDEO", Decimal("8.0"), "2026-01-13")]


def test_a_message_that_could_not_be_used_counts_when_it_comes_again_and_can_be(
    studio, academy, rows, night, monkeypatch
):
    told_ahead = result("1001", "V-1", (datetime.now(UTC) + timedelta(days=3)).isoformat(), Resultaat="8")
    assert elearning.send(studio, told_ahead).status == 400
    wrong = anewspring.completed("X1", "12", grade="8,5")
    assert anewspring.send(academy, wrong).status == 202
    assert night() == "success"
    monkeypatch.setattr(heard, "_AHEAD", timedelta(days=4))  # so much later
    assert elearning.send(studio, told_ahead).text == "registered"
    assert anewspring.send(academy, {**wrong, "subscription": {"grade": 8.5}}).text == "registered"
    assert night() == "success"
    assert rows("select request_code, part_code, result from mart.registrations order by 2") == [
        ("R1", "THEORY", Decimal("8.5")),
        ("R1", "VIDEO", Decimal("8.0")),
    ]
    assert rows(LISTED) == []
    assert rows("select outcome, deliveries from mart.received_messages") == [("completion", 2)] * 2
    assert elearning.send(studio, told_ahead).text == "already registered: the first registration stands"
    assert rows("select count(*) from core.reported_completions") == [(2,)]


def test_a_grade_outside_the_definition_counts_once_the_definition_holds_it(academy, engine, rows, night):
    assert anewspring.send(academy, anewspring.completed("X1", "12", grade=85)).status == 202
    night()
    assert rows(LISTED) == [("academy", "12/X1", "grade_outside_definition")]
    change(engine, "update core.integrations set maximum = 100 where integration = 'academy'")
    night()
    assert (rows(LISTED), rows("select result from mart.registrations")) == ([], [(Decimal("85.0"),)])


def test_the_day_is_that_of_the_integrations_own_zone(studio, rows):
    elearning.send(studio, result("1001", "V-1", "2026-01-14T04:00:00Z"))  # 13 January in New York
    elearning.send(studio, result("1002", "V-1", "2026-01-14T04:00:00"))
    assert rows(
        "select person_id, completed_on::text, completed_at::text from core.reported_completions order by 1"
    ) == [
        ("1001", "2026-01-13", "2026-01-14 04:00:00+00"),
        ("1002", "2026-01-14", "2026-01-14 09:00:00+00"),
    ]


def test_an_unreadable_message_is_listed_until_its_body_is_forgotten(studio, engine, rows, night):
    elearning.send(studio, b"grade=8")
    night()
    [(source, _, code)] = rows(LISTED)
    assert (source, code) == ("studio", "malformed_record")
    change(engine, "update raw.inbox set received_at = received_at - interval '731 days'")
    change(engine, "update ops.webhook_log set last_happened_at = last_happened_at - interval '731 days'")
    night()
    night()
    assert rows(LISTED) == []
    assert rows("select body_is_kept from mart.received_messages") == [(False,)]
    assert rows("select * from mart.webhook_log") == []


def test_refusals_and_repeats_are_counted_by_the_hour(client, engine, rows):
    for _ in range(3):
        client.post("/elearning/studio", content=b"x")
    change(engine, "update ops.webhook_log set happened_at = happened_at - interval '1 hour'")
    client.post("/elearning/studio", content=b"x")
    assert rows("select event, times from mart.webhook_log order by log_id") == [
        ("refused", 3),
        ("refused", 1),
    ]


def test_neither_a_secret_nor_a_person_stands_in_logs_and_lists(academy, studio, rows, night, caplog):
    caplog.set_level("DEBUG")
    anewspring.send(academy, anewspring.completed("X1", "12", grade=8))
    anewspring.send(academy, anewspring.completed("X-777", "12", grade="Janssen"))
    elearning.send(studio, result("Janssen & co", "V-1", "soon"))
    night()
    told = (
        caplog.text
        + str(rows("select * from ops.webhook_log"))
        + str(rows("select reason from ops.rejections"))
    )
    assert [one for one in (SECRET, "Janssen", "jo.janssen@example.org", "Safe working") if one in told] == []
