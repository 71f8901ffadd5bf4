"""The connection test of InfoCaption: lists that can be read, fields that are where they should be."""

import json

import pytest

from etl.connections import Connection
from etl.errors import GiveUp
from etl.extract.infocaption import InfoCaptionClient
from etl.extract.infocaption_check import check
from tests.extract.http_peer import Answer, serving

COURSES = [{"id": 1, "name": "A", "published": True}, {"id": 2, "name": "B", "published": False}]
ATTEMPT = {
    "userId": 7,
    "email": "someone@example.org",
    "lessonStatus": "passed",
    "completed": "2026-09-25T12:00:00",
}


def listed(rows):
    envelope = {
        "results": rows,
        "hitsPerPage": 600,
        "totalHits": len(rows),
        "totalPages": 1,
        "currentPage": 1,
    }
    return Answer(json.dumps(envelope).encode())


def checked(attempts, linked=(), mapping=None):
    def respond(asked):
        if asked.path.startswith("/oauth2/token"):
            return Answer(b'{"access_token": "t", "token_type": "Bearer"}')
        return listed(attempts if "participants" in asked.path else COURSES)

    with serving() as peer:
        peer.respond = respond
        connection = Connection(
            "i", "infocaption", peer.url, "id", "secret", extra={"mapping": mapping or {}}
        )
        with InfoCaptionClient(connection) as client:
            return check(client, linked)


def test_what_can_be_read_is_counted():
    report = checked([ATTEMPT])
    assert report.ok
    assert report.lines == ["Courses: 2, of which 1 are published", "Participants of course 1: 1 attempts"]


def test_linked_courses_that_give_nothing_are_named_and_are_no_fault_of_the_connection():
    report = checked([ATTEMPT], linked=["2", "9"])
    assert report.ok
    assert "Linked course 9 is gone" in report.lines
    assert "Linked course 2 is not published" in report.lines


@pytest.mark.parametrize(
    ("field", "said"),
    [
        ("email", "an e-mail address"),
        ("lessonStatus", "a status or a score"),
        ("completed", "when it was completed"),
    ],
)
def test_a_field_that_no_participant_has_is_a_wrong_mapping(field, said):
    report = checked([{name: value for name, value in ATTEMPT.items() if name != field}] * 2)
    assert not report.ok
    assert (
        report.lines[-1]
        == f"No participant of course 1 shows {said}: correct the connection's mapping of fields"
    )


def test_attempts_that_are_not_finished_have_no_time_and_that_is_right():
    assert checked([ATTEMPT | {"lessonStatus": "incomplete", "completed": None}]).ok


def test_rows_that_are_not_readable_are_counted_with_the_reason():
    report = checked([ATTEMPT, {"email": "someone@example.org"}])
    assert not report.ok
    assert report.lines[-1].startswith("1 participant rows are not readable")
    assert "someone" not in report.lines[-1]


def test_a_refused_secret_is_said():
    with serving() as peer:
        peer.answers = [Answer(b"", 401)]
        client = InfoCaptionClient(Connection("i", "infocaption", peer.url, "id", "secret"))
        with pytest.raises(GiveUp, match="the client id or its secret is wrong"):
            check(client, [])
