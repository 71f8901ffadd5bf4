"""Any system may send: its folder adds a path, a proof of who sends and a reader to what every receiver does."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, text
from starlette.testclient import TestClient

from etl import db
from etl.engine.connector import Mount
from etl.engine.mounting import Host, receiver
from etl.engine.server import receivers
from tests.engine.signed import MOST, create_app, signature

BODY = b'{"event":"CourseCompleted"}'


@pytest.fixture
def engine(warehouse: str) -> Iterator[Engine]:
    made = db.engine(warehouse)
    yield made
    made.dispose()


@pytest.fixture
def sender(warehouse: str) -> Iterator[TestClient]:
    with TestClient(create_app(warehouse)) as client:
        yield client


def headers(body: bytes) -> dict[str, str]:
    return {"x-webhook-signature": signature(body), "content-type": "application/json; charset=utf-8"}


def kept(engine: Engine) -> list[tuple[object, ...]]:
    query = (
        "select system, origin, content_type, channel, authenticated_by from raw.inbox"
        " join ops.deliveries using (message_id) order by delivery_id"
    )
    with engine.connect() as session:
        return [tuple(row) for row in session.execute(text(query))]


def test_the_signature_is_that_of_the_check_value() -> None:
    assert signature(BODY) == "99T+uU77dAfwWxPaYkoNFA0xZRM="


def test_a_signed_message_is_kept_before_it_is_answered_and_once(sender: TestClient, engine: Engine) -> None:
    row = ("signed", "academy", "application/json", "http", "signature")
    assert sender.post("/completed", content=BODY, headers=headers(BODY)).json() == {"new": True}
    assert kept(engine) == [row]
    assert sender.post("/completed", content=BODY, headers=headers(BODY)).json() == {"new": False}
    assert kept(engine) == [row, row]


def test_a_wrong_signature_a_large_body_parts_and_a_wrong_method_keep_nothing(
    sender: TestClient, engine: Engine
) -> None:
    large = b" " * (MOST + 1)
    answers = [
        sender.post("/completed", content=BODY, headers=headers(b"another")),
        sender.post("/completed", content=BODY),
        sender.post("/completed", content=large, headers=headers(large)),
        sender.post("/completed", content=BODY, headers={"content-type": "multipart/related; boundary=x"}),
        sender.get("/completed"),
    ]
    assert [answer.status_code for answer in answers] == [403, 403, 400, 400, 405]
    assert kept(engine) == []


def test_without_a_warehouse_the_sender_is_told_to_come_again(engine: Engine) -> None:
    url = engine.url.set(database="there_is_none").render_as_string(hide_password=False)
    answer = TestClient(create_app(url)).post("/completed", content=BODY, headers=headers(BODY))
    assert (answer.status_code, answer.text) == (503, "results cannot be stored now")


def test_a_receiver_that_cannot_be_built_stops_only_itself() -> None:
    broken = receiver(Mount("/broken", "Broken", "tests.engine.signed:broken_app", "a"), Host(print))
    good = receiver(Mount("/signed", "Signed", "tests.engine.signed:create_app", "a"), Host(print))
    sender = TestClient(broken, raise_server_exceptions=False)
    for _ in range(2):
        assert sender.post("/completed").status_code == 500
    assert TestClient(good).get("/completed").status_code == 405


def test_receivers_are_served_together_each_below_its_path() -> None:
    good = Mount("/signed", "Signed", "tests.engine.signed:create_app", "a")
    broken = Mount("/broken", "Broken", "tests.engine.signed:broken_app", "a")
    sender = TestClient(receivers([broken, good]), raise_server_exceptions=False)

    asked = [sender.get(path).status_code for path in ("/broken/x", "/signed/completed", "/completed")]

    assert asked == [500, 405, 404]
