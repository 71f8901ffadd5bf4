"""Histories of a site, its administration and what goes wrong between them, played against the product night by night.

After each night the warehouse is compared with a model of the rules (rules.py) over what it has to know by then
(known.py): with a sweep, or a week after one, that is everything there is on the site. And what was derived, each night
of what differed, is what deriving everything makes of the same answers.
"""

import pytest
from hypothesis import Phase, example, given, settings

from etl.engine import failpoint
from tests.fixtures.properties import examples
from tests.model.events import (
    POINTS,
    ComesOrLeaves,
    Cron,
    Day,
    Enrolled,
    Fault,
    Graded,
    GradedAtTheDoor,
    Mapped,
    PassGrade,
    Visit,
    histories,
)

QUICK = settings.default.max_examples < 10  # they play what is written out here
COURSES, DAYS = 2 if QUICK else 3, 6
PHASES = [Phase.explicit] if QUICK else settings.default.phases
SWEEP = Day(1, (), full=True)

A_WEEK = [
    Day(1, (Graded(0, 0, 0, 0.9, "learner"), Graded(0, 1, 1, 0.6, "teacher"), GradedAtTheDoor(1, 2, 2, 0.9))),
    Day(1, (Graded(0, 0, 1, 0.9, "administrator"), Cron(0, 0), ComesOrLeaves(0, 4), PassGrade(0, 1, 0.5))),
    Day(8, (Mapped(1, "U2", 3, True), Enrolled(0, 2), Graded(1, 3, 1, 0.3, "learner"))),
]
A_BAD_WEEK = [
    Day(1, (Graded(0, 0, 0, 0.9, "learner"), Graded(0, 0, 1, 0.9, "learner")), killed="load.units"),
    Day(1, (Visit(1, None),), fault=Fault(0, "html", "gradereport_user_get_grade_items", None)),
]


def played(play, history):
    for day in history:
        play.day(day)
    play.misses_nothing()
    play.day(SWEEP)
    play.misses_nothing()


@example(A_WEEK)
@given(histories(COURSES, DAYS, trouble=False))
@examples(5, phases=PHASES)
def test_no_history_leaves_anything_unseen_that_a_probe_shows_or_a_sweep_finds(playing, history):
    with playing(COURSES) as play:
        played(play, history)


@example(A_BAD_WEEK)
@given(histories(COURSES, DAYS, trouble=True))
@examples(5, phases=PHASES)
def test_no_failed_poll_and_no_kill_leaves_anything_unseen_or_decided_on_what_is_stale(playing, history):
    with playing(COURSES) as play:
        played(play, history)


def test_runs_are_killed_at_every_point_that_a_night_passes(playing, monkeypatch):
    passed = {}
    monkeypatch.setattr(failpoint, "point", passed.setdefault)
    with playing(1) as play:
        play.day(Day(1, (Visit(0, 0),)))
    assert set(passed) == set(POINTS)


def test_the_model_tells_a_result_that_is_wrong(playing):
    with playing(1) as play:
        play.day(Day(1, (Graded(0, 0, 2, 0.9, "learner"),)))
        with play.engine.begin() as session:
            session.exec_driver_sql("update core.unit_results set grade_percent = 1")
        with pytest.raises(AssertionError, match="results: course 0, learner 0"):
            play.day(SWEEP)
