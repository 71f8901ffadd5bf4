"""Completions: each counts by its moment; one that merely shifts is not counted again; older ones are not taken."""

from itertools import permutations

import pandas as pd
import pytest

from etl.transform.completions import Places, completion_sightings, course_completions, unsettled

ZONE = "Europe/Amsterdam"
USER, CLIENT, COURSE, OCCURRENCE = 7, "C1", "2", "O"
MATCHED = pd.DataFrame({"scope": [COURSE], "user_id": [USER], "client_code": [CLIENT]})


def moments(*days):
    return pd.Series(pd.to_datetime(list(days), utc=True), dtype="datetime64[s, UTC]")


def completed(day):
    return pd.DataFrame(
        {"scope": COURSE, "user_id": USER, "completed_at": moments(day), "grade_percent": 80.0}
    )


def recorded(*days):
    frame = pd.DataFrame({"scope": COURSE, "client_code": CLIENT, "completed_at": moments(*days)})
    return frame.astype({"scope": "str", "client_code": "str"})


def seen(*days):
    """Every answer about the learner, in order; None = not completed."""
    return pd.DataFrame({"scope": COURSE, "user_id": USER, "completed_at": moments(*days)}).astype(
        {"scope": "str"}
    )


def enrolments(*rows):
    """Rows of (enrolment code, status, start date)."""
    frame = pd.DataFrame(list(rows), columns=["enrolment_code", "status", "start_date"])
    return frame.assign(scope=COURSE, user_id=USER, client_code=CLIENT, occurrence_code=OCCURRENCE).astype(
        {"scope": "str", "occurrence_code": "str"}
    )


def outcome(
    day,
    known=(),
    answers=(),
    enrolled=(("E1", "active", None),),
    linked=True,
    counted=True,
    once=False,
    current=True,
):
    """What is recorded (days), which enrolments are completed on what day, and the reasons that are listed."""
    done = course_completions(
        completed(day).assign(current=current),
        MATCHED,
        enrolments(*enrolled),
        recorded(*known),
        completion_sightings(seen(*answers)),
        Places(
            {COURSE} if linked else set(),
            {COURSE} if linked or once else set(),
            {COURSE} if counted else set(),
        ),
        ZONE,
    )
    assert len(done.courses) + done.standing + done.refused == 1
    fresh = set(done.courses["completed_at"].dt.strftime("%Y-%m-%d")) - set(known)
    ended = dict(
        zip(
            done.enrolments["enrolment_code"],
            done.enrolments["completed_on"].dt.strftime("%Y-%m-%d"),
            strict=True,
        )
    )
    return fresh, ended, sorted(done.rejected["reason_code"])


NEW = (("E1", "completed", "2025-01-10"), ("E2", "active", "2026-01-10"))


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        (dict(day="2026-07-01"), ({"2026-07-01"}, {"E1": "2026-07-01"}, [])),
        # a second completion: a new enrolment started in between
        (
            dict(day="2026-07-01", known=["2025-06-04"], enrolled=NEW),
            ({"2026-07-01"}, {"E2": "2026-07-01"}, []),
        ),
        # last year's completion is still there
        (dict(day="2025-06-04", known=["2025-06-04"], enrolled=NEW), (set(), {}, ["completed_before_start"])),
        (dict(day="2025-06-04", enrolled=NEW), (set(), {}, ["completed_before_start"])),
        # it moved before the new enrolment started: still last year's
        (
            dict(day="2025-08-01", known=["2025-06-04"], enrolled=NEW),
            (set(), {}, ["completed_before_start"]),
        ),
        # without a start date, what was recorded before belongs to an earlier enrolment
        (dict(day="2025-06-04", known=["2025-06-04"]), (set(), {}, ["completed_before_start"])),
        # the day of the start counts
        (
            dict(day="2026-01-10", enrolled=[("E2", "active", "2026-01-10")]),
            ({"2026-01-10"}, {"E2": "2026-01-10"}, []),
        ),
        # a course that no occurrence is linked to: reset and completed again, or merely moved
        (
            dict(
                day="2026-07-01",
                known=["2025-06-04"],
                answers=["2025-06-04", None, "2026-07-01"],
                enrolled=[],
                linked=False,
            ),
            ({"2026-07-01"}, {}, []),
        ),
        (
            dict(
                day="2026-07-01",
                known=["2025-06-04"],
                answers=[None, "2025-06-04", "2026-07-01"],
                enrolled=[],
                linked=False,
            ),
            (set(), {}, ["completion_moved"]),
        ),
        # hidden for a while and shown again, then moved: no reset
        (
            dict(
                day="2025-08-01",
                known=["2025-06-04"],
                answers=["2025-06-04", None, "2025-06-04", "2025-08-01"],
                enrolled=[],
                linked=False,
            ),
            (set(), {}, ["completion_moved"]),
        ),
        # completed again although no enrolment is active: a point may hang on it
        (
            dict(
                day="2026-07-01",
                known=["2025-06-04"],
                answers=["2025-06-04", None, "2026-07-01"],
                enrolled=[("E1", "completed", "2025-01-10")],
            ),
            (set(), {}, ["enrolment_not_active"]),
        ),
        (dict(day="2026-07-01", enrolled=[("E1", "completed", None)], counted=False), (set(), {}, [])),
        # a course that belonged to an occurrence is not free for all because its link is not seen now
        (dict(day="2026-07-01", enrolled=[], linked=False, once=True), (set(), {}, ["course_link_lost"])),
        (dict(day="2026-07-01", known=["2026-07-01"], enrolled=[], linked=False, once=True), (set(), {}, [])),
        # read before the learner's newest grades: nothing is decided on it, what is recorded stands
        (dict(day="2026-07-01", current=False), (set(), {}, ["completion_not_current"])),
        (
            dict(day="2026-07-01", current=False, enrolled=[], linked=False),
            (set(), {}, ["completion_not_current"]),
        ),
        (
            dict(
                day="2026-07-01",
                current=False,
                known=["2026-07-01"],
                enrolled=[("E1", "active", "2026-01-01")],
            ),
            (set(), {"E1": "2026-07-01"}, []),
        ),
    ],
)
def test_which_completions_are_recorded_and_what_they_complete(case, expected):
    assert outcome(**case) == expected


YEARS = ["2024-06-01", "2025-06-01", "2026-06-01"]


@pytest.mark.parametrize("order", list(permutations(YEARS)))
def test_nights_in_any_order_record_every_completion_once(order):
    answers = ["2024-06-01", None, "2025-06-01", None, None, "2026-06-01"]
    held = []
    for day in (*order, *order):
        fresh, _, _ = outcome(day, held, answers, enrolled=[], linked=False)
        held += sorted(fresh)
    assert sorted(held) == YEARS


def test_only_who_has_another_moment_than_what_is_recorded_is_looked_up():
    def looked_up(day, known):
        return unsettled(completed(day), MATCHED, recorded(*known))["user_id"].tolist()

    assert looked_up("2026-07-01", []) == []
    assert looked_up("2026-07-01", ["2025-06-04", "2026-07-01"]) == []
    assert looked_up("2026-07-01", ["2025-06-04"]) == [USER]
