"""What each sender is told, as the description of its interface has it, and that what it signed is kept."""

import gzip
import json
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from etl.sandbox.anewspring import sender as anewspring
from etl.sandbox.certwell.sender import exam
from etl.sandbox.elearning.sender import result
from etl.sandbox.posting import Poster
from tests.fixtures.webhooks import HASHES, SECRET, SYSTEMS, address

LATER = (datetime.now(UTC) + timedelta(days=2)).isoformat()
OK = anewspring.completed("X1", "12", grade=8)
UNKNOWN = "No training request is of a person with this number"
NO_COURSE = "No training has this course as its e-learning part"


@pytest.fixture
def post(client):
    """Posts a signed body to an integration; the status and the sentence."""

    def post(integration, body, hash_name=None, **headers):
        signer = Poster("", SECRET, hash_name or HASHES[integration], lambda _: False, 1, 1.0)
        sent = {"X-WebHook-Signature": signer.signature(body)} | headers
        answer = client.post(address("", integration), content=body, headers=sent)
        return answer.status_code, answer.text

    return post


def changed(**parts):
    return anewspring.as_json({**OK, **parts})


STUDIO = [
    (result("1001", "V-1"), 200, "registered"),
    (result("1001", "V-1", Resultaat="7,5", Presentie="ja", Slaging="false"), 200, "registered"),
    (result("9999", "V-1"), 404, UNKNOWN),
    (result("1001", "V-9"), 404, NO_COURSE),
    (result("1003", "V-1"), 404, "The request, or this part of it, is finished already"),
    (b"", 400, "there is no body"),
    (b"grade=8", 400, "The message is not well-formed XML"),
    (b"<html>Log in</html>", 400, "element ElearningResultaat: missing"),
    (b"<x>" + result("1001", "V-1").partition(b"?>")[2] + b"</x>", 400, "element ElearningResultaat: missing"),
    (result("", "V-1"), 400, "element PersoonExterneId: missing"),
    (result("1001", " "), 400, "element Elearningcode: missing"),
    (result("1" * 201, "V-1"), 400, "element PersoonExterneId: is longer than 200 bytes"),
    (result("1001", "V-1", None), 400, "element DatumVoltooid: missing"),
    (result("1001", "V-1", "13-01-2026"), 400, "element DatumVoltooid: not a date and time"),
    (result("1001", "V-1", LATER), 400, "at a time that is still to come"),
    (result("1001", "V-1", Resultaat="acht"), 400, "element Resultaat: not a number"),
    (result("1001", "V-1", Resultaat="NaN"), 400, "element Resultaat: not a number"),
    (result("1001", "V-1", Resultaat="10,1"), 400, "The grade is not between the minimum and maximum"),
    (result("1001", "V-1", Slaging="2"), 400, "element Slaging: not true or false"),
    (result("1001", "V-1").replace(b"<DatumVoltooid>", b"<Elearningcode>V-2</Elearningcode><DatumVoltooid>"),
     400, "element Elearningcode: more than once"),
]  # fmt: skip
BOARD = [
    (exam("1001", "77", "2026-01-13", passed=True), 200, "registered"),
    (exam("1001", "77", "2026-01-13", passed=False), 200, "registered"),
    (result("1001", "77", Resultaat="0.5"), 400, "element Resultaat: neither 1 (passed) nor 0 (failed)"),
    (exam("9999", "77", "2026-01-13", passed=True), 404, UNKNOWN),
]
# aNewSpring asks ten times more for anything but success: what will not get better is taken, and listed here.
ACADEMY = [
    (anewspring.as_json(OK), 200, "registered"),
    (anewspring.as_xml(OK), 200, "registered"),
    (changed(event="UserCreated"), 202, "kept: nothing is registered for this event"),
    (changed(user={"id": "X9"}), 202, UNKNOWN),
    (changed(course={"id": 99}), 202, NO_COURSE),
    (changed(user={"uid": "u1"}), 202, "element user.id: missing"),
    (changed(user={"id": ["X1"]}), 202, "element user.id: not a single value"),
    (changed(event=None), 202, "element event: missing"),
    (changed(subscription={"completed": False}), 202, "element subscription.completed: not true"),
    (changed(subscription={"grade": 11}), 202, "The grade is not between the minimum and maximum"),
    (changed(subscription={"grade": "8,5"}), 202, "element subscription.grade: not a number"),
    (changed(subscription={"completeDateTime": LATER}), 202, "at a time that is still to come"),
    (changed(user="Jo"), 202, "Expected `object | null`, got `str`"),
    (b"", 202, "there is no body"),
    (b'{"event": "CourseCompleted"', 202, "truncated or damaged JSON"),
    (b"\xff\xfe\x00", 202, "kept, not registered"),
    (b'{"event":' + b"[" * 100_000, 202, "kept, not registered"),
]


CASES = {"studio": STUDIO, "board": BOARD, "academy": ACADEMY}


@pytest.mark.parametrize("integration", CASES)
def test_who_signed_is_told_what_becomes_of_each_message_and_all_are_kept(post, rows, integration):
    told = [post(integration, body) for body, *_ in CASES[integration]]
    wrong = [
        (said, status, sentence)
        for said, (_, status, sentence) in zip(told, CASES[integration], strict=True)
        if said[0] != status or sentence not in said[1]
    ]
    assert wrong == []
    assert rows("select count(*) from ops.deliveries join raw.inbox using (message_id)") == [(len(told),)]
    assert {row[:2] for row in rows("select status, detail from mart.webhook_log")} == set(told)


def test_a_paused_integration_keeps_what_comes_and_is_not_made_to_send_again(post, rows, engine):
    with engine.begin() as session:
        session.execute(text("update core.integrations set active = false"))
    assert post("studio", result("1001", "V-1"))[0] == 503
    assert post("academy", anewspring.as_json(OK))[0] == 202
    assert rows("select integration, person_id from core.reported_completions order by 1") == [
        ("academy", "X1"),
        ("studio", "1001"),
    ]


@pytest.mark.parametrize("integration", SYSTEMS)
def test_what_is_not_signed_is_refused_and_not_kept(client, post, rows, integration):
    body = result("1001", "V-1")
    assert client.post(address("", integration), content=body).status_code == 403
    assert post(integration, body, "sha256")[0] == 403
    assert (
        client.post(address("", integration).replace(integration, "nobody"), content=body).status_code == 403
    )
    assert rows("select * from raw.inbox") == []
    assert rows("select integration, event, status, times from mart.webhook_log") == [
        (integration, "refused", 403, 2)
    ]


def test_where_no_secret_is_agreed_no_message_is_taken(client, rows):
    body = result("1001", "V-1")
    empty = Poster("", "", "sha512", lambda _: False, 1, 1.0).signature(body)
    answer = client.post("/elearning/silent", content=body, headers={"X-WebHook-Signature": empty})
    assert (answer.status_code, rows("select * from raw.inbox")) == (403, [])


def test_where_the_connection_cannot_be_read_senders_are_told_to_come_again(post, engine, caplog):
    with engine.begin() as session:
        session.execute(text("update core.integrations set connection_id = 'elsewhere'"))
    assert post("studio", result("1001", "V-1"))[0] == 503
    assert "integration studio takes no messages: connection elsewhere is not defined" in caplog.text


def test_an_integration_is_reached_below_the_path_of_its_own_system_only(client):
    body = result("1001", "V-1")
    sent = {"X-WebHook-Signature": Poster("", SECRET, "sha512", lambda _: False, 1, 1.0).signature(body)}
    assert client.post("/certwell/studio", content=body, headers=sent).status_code == 403
    assert client.post("/elearning/studio", content=body, headers=sent).status_code == 200


@pytest.mark.parametrize("integration", SYSTEMS)
def test_a_wrong_method_is_told_so(client, integration):
    assert [
        client.request(one, address("", integration)).status_code for one in ("GET", "PUT", "DELETE")
    ] == [405] * 3


@pytest.mark.parametrize("integration", SYSTEMS)
def test_what_is_too_large_packed_or_not_is_told_so_and_not_kept(post, rows, integration):
    large = b" " * (2**20 + 1)
    assert post(integration, large)[0] == 413
    assert post(integration, gzip.compress(large), **{"Content-Encoding": "gzip"})[0] == 413
    assert rows("select * from raw.inbox") == []


def test_the_signature_is_of_the_bytes_that_are_sent(post):
    packed = gzip.compress(result("1001", "V-1"))
    assert post("studio", packed, **{"Content-Encoding": "gzip"}) == (200, "registered")


def test_a_body_that_is_not_as_its_encoding_says_is_a_message_that_cannot_be_used(post):
    assert post("studio", b"no gzip", **{"Content-Encoding": "gzip"}) == (
        400,
        "the message is not valid gzip",
    )
    assert post("academy", b"no gzip", **{"Content-Encoding": "gzip"})[0] == 202


def test_xml_in_another_encoding_or_with_a_namespace_is_read(post, rows):
    wide = result("1001", "V-1").decode().replace("utf-8", "utf-16").encode("utf-16")
    assert post("studio", wide)[0] == 200
    named = result("1002", "V-1").replace(b"<ElearningResultaat>", b'<ElearningResultaat xmlns="urn:x">')
    assert post("studio", named)[0] == 200


def test_a_json_body_with_a_byte_order_mark_is_read(post):
    assert post("academy", b"\xef\xbb\xbf" + json.dumps(OK).encode()) == (200, "registered")
