"""A night asks for what changed: nobody, a few students, a teacher, many, or a week gone by."""

from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest

from etl.connectors.moodle.poll_plan import Poll, poll_plan

NOW = datetime(2026, 11, 21, 3, tzinfo=UTC)
LAST_NIGHT = NOW - timedelta(days=1)
LONG_AGO = int((NOW - timedelta(days=30)).timestamp())
YESTERDAY = int((NOW - timedelta(hours=8)).timestamp())


def course(seen=None, idnumbers=None, size=20, role="student"):
    """Students 1 to ``size`` and teacher 99; ``seen``: when they were there last."""
    users = [*range(1, size + 1), 99]
    return pd.DataFrame(
        {
            "user_id": users,
            "is_student": [user != 99 and role == "student" for user in users],
            "last_course_access": [(seen or {}).get(user, LONG_AGO) for user in users],
            "idnumber": [(idnumbers or {}).get(user, f"C{user}") for user in users],
            "username": None,
            "email": None,
            "given_name": None,
            "surname": None,
        }
    )


def plan(now, before=None, learners=(), again=(), polled_at=LAST_NIGHT, swept_at=LAST_NIGHT):
    return poll_plan(now, course() if before is None else before, learners, again, polled_at, swept_at, NOW)


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (course(), Poll(whole=False)),
        (course({3: YESTERDAY}), Poll(whole=False, users=(3,))),
        (course({3: YESTERDAY, 5: YESTERDAY}), Poll(whole=False, users=(3, 5))),
        (course({99: YESTERDAY}), Poll(whole=True)),
        (course(dict.fromkeys(range(1, 12), YESTERDAY)), Poll(whole=True)),
        (course(idnumbers={4: "C44"}), Poll(whole=False, users=(4,))),
        (course(size=21), Poll(whole=False, users=(21,))),
        (course({3: -1}), Poll(whole=True)),  # the site does not tell when
    ],
)
def test_what_is_asked_depends_on_who_has_been_there(now, expected):
    assert plan(now) == expected


def test_whoever_has_a_grade_report_is_a_learner_whatever_the_role_is_called():
    now = course({3: YESTERDAY}, role="cursist")
    assert plan(now, course(role="cursist"), learners=range(1, 21)) == Poll(whole=False, users=(3,))
    assert plan(now, course(role="cursist")).whole  # nobody of whom that is known


def test_whose_report_could_not_be_read_is_asked_again():
    assert plan(course({3: YESTERDAY}), again=[7]) == Poll(whole=False, users=(3, 7))
    assert plan(course(), again=range(1, 12)).whole  # the whole report is cheaper


def test_a_course_that_was_never_polled_is_asked_whole():
    assert poll_plan(course(), None, (), (), None, None, NOW).whole


def test_after_a_week_the_whole_report_is_asked_again():
    assert plan(course(), swept_at=NOW - timedelta(days=7)).whole


def test_whoever_was_there_just_before_the_last_poll_is_asked_again():
    just_before = {3: int(LAST_NIGHT.timestamp()) - 30}
    assert plan(course(just_before), course(just_before)).users == (3,)
