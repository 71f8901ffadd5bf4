"""The inbox: what comes in is kept once, each delivery of it is counted, and nothing else decides what it is."""

import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine, text

from etl import db
from etl.engine import inbox
from etl.engine.inbox import Incoming

MADE = datetime(2026, 1, 13, 1, 5, tzinfo=UTC)
BODY = "<Resultaat>é</Resultaat>".encode()
SIGNED = Incoming("webhook", "academy", "http", "signature", "application/json", b'{"event": 1}')


@pytest.fixture
def engine(warehouse: str) -> Iterator[Engine]:
    made = db.engine(warehouse)
    yield made
    made.dispose()


def add(engine: Engine, incoming: Incoming) -> tuple[int, bool]:
    with engine.begin() as session:
        received = inbox.add(session, incoming)
    return received.message_id, received.is_new


def rows(engine: Engine, query: str) -> list[tuple[object, ...]]:
    with engine.connect() as session:
        return [tuple(row) for row in session.execute(text(query))]


def test_a_message_is_kept_as_it_came_with_who_sent_it_and_how_that_was_proved(engine: Engine) -> None:
    message_id, is_new = add(engine, replace(SIGNED, body=BODY, content_type="text/xml", created_at=MADE))
    assert is_new
    with engine.connect() as session:
        assert inbox.body(session, message_id) == BODY
    assert rows(engine, "select system, origin, content_type, created_at from raw.inbox") == [
        ("webhook", "academy", "text/xml", MADE)
    ]
    assert rows(engine, "select message_id, channel, authenticated_by from ops.deliveries") == [
        (message_id, "http", "signature")
    ]


def test_a_message_that_an_earlier_version_kept_is_read_as_it_came(engine: Engine) -> None:
    message_id, _ = add(engine, replace(SIGNED, body=BODY))
    with engine.begin() as session:
        session.exec_driver_sql("update raw.inbox set body = %s", (zlib.compress(BODY, 1),))
        assert inbox.body(session, message_id) == BODY


def test_the_same_message_again_is_one_more_delivery_whatever_way_it_comes(engine: Engine) -> None:
    first, _ = add(engine, SIGNED)
    assert add(engine, replace(SIGNED, channel="drop", authenticated_by="location")) == (first, False)
    assert rows(engine, "select channel from ops.deliveries order by delivery_id") == [("http",), ("drop",)]
    assert rows(engine, "select count(*) from raw.inbox") == [(1,)]


@pytest.mark.parametrize("other", [{"origin": "school"}, {"system": "another"}, {"body": b"{}"}])
def test_what_another_sends_or_says_is_another_message(engine: Engine, other: dict[str, object]) -> None:
    assert add(engine, SIGNED)[0] != add(engine, replace(SIGNED, **other))[0]


def test_a_name_that_the_sender_gives_tells_messages_apart_instead_of_their_bodies(engine: Engine) -> None:
    first = add(engine, replace(SIGNED, name="completed/7/12"))
    assert add(engine, replace(SIGNED, name="completed/7/12", body=b"sent again")) == (first[0], False)
    assert add(engine, replace(SIGNED, name="completed/7/13"))[1]
    with engine.connect() as session:
        assert inbox.body(session, first[0]) == SIGNED.body


def test_of_deliveries_at_the_same_time_one_is_the_first(engine: Engine) -> None:
    with ThreadPoolExecutor(8) as senders:
        received = list(senders.map(lambda _: add(engine, SIGNED), range(16)))
    assert len({message_id for message_id, _ in received}) == 1
    assert sum(is_new for _, is_new in received) == 1
    assert rows(engine, "select count(*) from ops.deliveries") == [(16,)]


def test_a_message_that_is_not_committed_was_not_received(engine: Engine) -> None:
    with engine.connect() as session:
        inbox.add(session, SIGNED)
    assert rows(engine, "select * from raw.inbox") == []
    assert add(engine, SIGNED)[1]


def test_only_bodies_that_were_derived_and_whose_time_is_over_are_forgotten(engine: Engine) -> None:
    derived, waiting, recent = (add(engine, replace(SIGNED, name=name))[0] for name in "abc")
    with engine.begin() as session:
        session.execute(
            text(
                "update raw.inbox set received_at = received_at - interval '31 days' where message_id <> :r"
            ),
            {"r": recent},
        )
        session.execute(text("insert into ops.runs (run_id, flow) values ('r', 'completions')"))
        session.execute(
            text(
                "insert into ops.derivations (flow, source, scope, inputs, run_id)"
                " values ('completions', 's', :scope, '', 'r')"
            ),
            [{"scope": f"academy/{message_id}"} for message_id in (derived, recent)],
        )
        assert inbox.forget_bodies(session, "another", "completions", 30) == 0
        assert inbox.forget_bodies(session, "webhook", "another", 30) == 0
        assert inbox.forget_bodies(session, "webhook", "completions", 30) == 1
    assert rows(engine, "select message_id, body is null from raw.inbox order by 1") == [
        (derived, True),
        (waiting, False),
        (recent, False),
    ]
    assert add(engine, replace(SIGNED, name="a")) == (derived, False)
