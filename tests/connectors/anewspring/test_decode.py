"""What an event of aNewSpring says, as its fields are named there; JSON and XML say the same."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from etl.connectors.anewspring.decode import hear
from etl.engine.bodies import Posted
from etl.engine.webhooks.heard import ReportedCompletion
from etl.engine.webhooks.integrations import Integration
from etl.errors import RejectRecord
from etl.sandbox.anewspring.sender import as_json, as_xml, completed

ACADEMY = Integration(
    "academy",
    "anewspring",
    None,
    "sha1",
    "Europe/Amsterdam",
    None,
    None,
    None,
    sends_result=True,
    active=True,
)
CREATED = "2026-01-13T23:30:00Z"
OK = completed("X1", "12", CREATED)


def heard(said, write=as_json):
    return hear(Posted(write(said)), ACADEMY)


def of(**subscription):
    return {**OK, "subscription": subscription}


@pytest.mark.parametrize("write", [as_json, as_xml])
@pytest.mark.parametrize(
    ("subscription", "moment", "day"),
    [
        (
            {"completeDateTime": "2026-01-12T12:00:00Z", "completeDate": "2026-01-11"},
            (2026, 1, 12, 12),
            (2026, 1, 12),
        ),
        ({"completeDateTime": "2026-01-12T00:30:00"}, (2026, 1, 11, 23, 30), (2026, 1, 12)),
        ({"completeDate": "2026-01-11"}, (2026, 1, 10, 23), (2026, 1, 11)),
        (
            {"completed": True},
            (2026, 1, 13, 23, 30),
            (2026, 1, 14),
        ),  # the event itself; its day is that in Amsterdam
    ],
)
def test_the_moment_is_as_exact_as_it_is_told(write, subscription, moment, day):
    said = heard(of(**subscription), write).said
    assert (said.completed_at, said.completed_on) == (datetime(*moment, tzinfo=UTC), date(*day))


@pytest.mark.parametrize("write", [as_json, as_xml])
@pytest.mark.parametrize(
    ("subscription", "grade", "passed"),
    [
        ({"grade": 8.25, "passed": True}, Decimal("8.25"), True),
        ({"grade": "8", "passed": False, "gradeDate": "2026-01-12"}, Decimal("8"), False),
        ({}, None, None),
    ],
)
def test_grade_and_passed_are_what_is_told_and_who_completed_was_present(write, subscription, grade, passed):
    moment, day = datetime(2026, 1, 13, 23, 30, tzinfo=UTC), date(2026, 1, 14)
    expected = ReportedCompletion("X1", "12", moment, day, grade, presence=True, passed=passed)
    assert heard(of(**subscription), write).said == expected


def test_what_makes_it_the_same_event_are_event_user_course_and_created():
    names = {
        heard(one).name
        for one in (
            OK,
            of(grade=3),
            {**OK, "user": {"id": "X1", "uid": "another"}},
            {**OK, "course": {"id": 12}},
        )
    }
    assert names == {heard(OK, as_xml).name}
    others = [completed("X2", "12", CREATED), completed("X1", "13", CREATED), completed("X1", "12", "2026-01-14"),
              completed("X1", "12", CREATED, event="CourseStarted")]  # fmt: skip
    assert len(names | {heard(one).name for one in others}) == 5


def test_its_own_id_tells_users_apart_and_matches_nobody():
    one, again, other = (heard({**OK, "user": {"uid": uid}}) for uid in ("u1", "u1", "u2"))
    assert one.name == again.name != other.name
    assert (str(one.said), one.person_id) == ("element user.id: missing", None)


@pytest.mark.parametrize(
    ("written", "more", "named"),
    [
        (b"<user>", b"<user><id>X2</id></user><user>", "user"),
        (b"<id>X1</id>", b"<id>X1</id><id>X2</id>", "user.id"),
        (b"</webhook>", b"<created>2026-01-12</created></webhook>", "created"),
    ],
)
def test_xml_that_says_something_twice_is_refused_and_not_guessed(written, more, named):
    body = as_xml(OK)
    assert body.count(written) == 1
    with pytest.raises(RejectRecord, match=rf"^element {named}: more than once"):
        hear(Posted(body.replace(written, more)), ACADEMY)
