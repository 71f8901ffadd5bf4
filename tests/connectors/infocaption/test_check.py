"""The connection test of InfoCaption: lists that can be read, fields that are where they should be."""

import json

import pytest

from etl.connections import Connection
from etl.connectors.infocaption.check import check
from etl.connectors.infocaption.client import InfoCaptionClient
from etl.errors import EtlError, GiveUp
from tests.fixtures.http_peer import Answer, serving

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


def checked(attempts, linked=(), mapping=None, courses=COURSES, instead=None):
    """``instead``: what is answered about single courses."""

    def respond(asked):
        if asked.path.startswith("/oauth2/token"):
            return Answer(b'{"access_token": "t", "token_type": "Bearer"}')
        if "participants" not in asked.path:
            return listed(courses)
        return (instead or {}).get(asked.path.split("/")[4], listed(attempts))

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
    assert report.lines[-1].startswith("1 participant row is not readable")
    assert "someone" not in report.lines[-1]


def test_a_refused_secret_is_said():
    with serving() as peer:
        peer.answers = [Answer(b"", 401)]
        client = InfoCaptionClient(Connection("i", "infocaption", peer.url, "id", "secret"))
        with pytest.raises(GiveUp, match="the client id or its secret is wrong"):
            check(client, [])


THREE = [{"id": number, "name": "A", "published": True} for number in (1, 3, 4)]
PAGE = Answer(b"<html>Log in</html>")


def test_every_linked_course_is_asked_and_one_that_is_refused_is_named():
    report = checked([ATTEMPT], ["1", "3", "4"], courses=THREE, instead={"3": Answer(b"", 403), "4": PAGE})
    assert not report.ok
    first, second = report.lines[-2:]
    assert first.startswith("Nobody gets a competence for course 3:")
    assert "HTTP 403" in first
    assert "course 4" in second
    assert "HTML instead of JSON" in second


def test_a_course_without_its_list_of_participants_is_named():
    report = checked([ATTEMPT], ["1", "3"], courses=THREE, instead={"3": Answer(b"", 404)})
    assert not report.ok
    assert "participants of course 3: not found: the course was removed, or the mapping" in report.lines[-1]


def test_an_empty_list_of_courses_is_red_where_courses_are_linked():
    assert checked([ATTEMPT], [], courses=[]).ok
    report = checked([ATTEMPT], ["1"], courses=[])
    assert (report.ok, report.lines[-1]) == (
        False,
        "The list of courses is empty, and 1 are linked: look at the client's access",
    )


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"lessonStatus": "godkänd"}, "a status that is none of SCORM's"),
        (
            {"lessonStatus": "completed", "score": "A", "masteryScore": 80},
            "a score or a time that cannot be read",
        ),
        ({"completed": "soon"}, "a score or a time that cannot be read"),
    ],
)
def test_attempts_that_count_for_nobody_are_counted_and_red_when_it_is_all_of_them(change, said):
    some = checked([ATTEMPT, ATTEMPT | change])
    assert (some.ok, some.lines[-1].startswith("1 of 2 attempts of course 1 have"), said in some.lines[-1]) == (
        True, True, True
    )  # fmt: skip
    every = checked([ATTEMPT | change] * 2)
    assert not every.ok


@pytest.mark.parametrize("status", [401, 403, 404, 500, 503])
def test_what_the_site_refuses_says_what_to_do(status):
    with serving() as peer:
        peer.respond = lambda asked: (
            Answer(b'{"access_token": "t"}') if asked.path == "/oauth2/token" else Answer(b"", status)
        )
        client = InfoCaptionClient(
            Connection("i", "infocaption", peer.url, "id", "secret", extra={"wait_limit": 0})
        )
        with pytest.raises(EtlError, match=rf"courses: HTTP {status}: \w+.{{20}}"):
            check(client, [])
