"""How many calls at once a site gets."""

from threading import Lock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.connections import Connection
from etl.errors import GiveUp, RetryLater
from etl.http.width import Width, at_once, calls_at_once
from tests.fixtures.properties import examples

KIND = "function"
events = st.lists(st.one_of(st.none(), st.floats(0.001, 10)), max_size=200)


def play(width, event):
    """An answer after so many seconds, or (None) a refusal."""
    if event is None:
        width.refused()
    else:
        width.answered(KIND, event)


@examples(100)
@given(st.integers(1, 16), events)
def test_it_is_never_above_the_limit_and_never_below_one(limit, history):
    width = Width(limit)
    for event in history:
        play(width, event)
        assert 1 <= width.now <= limit


@examples(100)
@given(st.integers(1, 16), events)
def test_a_refusal_halves_it_once_for_all_calls_that_were_under_way(limit, history):
    width = Width(limit)
    for event in history:
        play(width, event)
    width.answered(KIND, 1.0)
    before = width.now
    for _ in range(before):
        width.refused()
    assert width.now == max(before // 2, 1)


@examples(100)
@given(st.integers(1, 16), events)
def test_a_site_whose_latency_holds_gets_the_limit_again_whatever_was_before(limit, history):
    width = Width(limit)
    for event in history:
        play(width, event)
    for _ in range(limit * 100):
        width.answered(KIND, 5.0)
    assert width.now == limit


def test_it_starts_with_one_call_and_grows_by_one_a_round():
    width = Width(8)
    seen = []
    for _ in range(6):
        seen.append(width.now)
        width.answered(KIND, 0.02)
    assert seen == [1, 2, 2, 3, 3, 3]


def test_answers_that_get_slow_take_one_away():
    width = Width(4)
    for _ in range(10):
        width.answered(KIND, 0.02)
    assert width.now == 4
    for _ in range(4):
        width.answered(KIND, 0.05)
    assert width.now == 3


class Site:
    """Counts the calls that are under way; ``together``: the most there were."""

    def __init__(self):
        self.together = self.calls = self._now = 0
        self._lock = Lock()

    def ask(self, key):
        with self._lock:
            self._now += 1
            self.calls += 1
            self.together = max(self.together, self._now)
        with self._lock:
            self._now -= 1
        if key == 13:
            raise RetryLater("later")
        return key * 2


def test_answers_and_problems_come_in_the_order_of_what_was_asked():
    site, width = Site(), Width(3)
    for _ in range(20):
        width.answered(KIND, 0.02)
    found = list(at_once(width, site.ask, range(50)))
    assert [key for key, _ in found] == list(range(50))
    assert [isinstance(answer, RetryLater) or answer == key * 2 for key, answer in found] == [True] * 50
    assert isinstance(dict(found)[13], RetryLater)
    assert site.together <= 3


def test_whoever_stops_after_the_first_answer_asked_one():
    site, width = Site(), Width(8)
    for _ in range(80):
        width.answered(KIND, 0.02)
    answers = at_once(width, site.ask, range(50))
    assert next(answers) == (0, 0)
    answers.close()
    assert site.calls == 1


@pytest.mark.parametrize(("given_extra", "expected"), [({}, 2), ({"calls_at_once": "8"}, 8)])
def test_the_limit_is_a_setting_of_the_connection(given_extra, expected):
    assert calls_at_once(Connection("site", "moodle", extra=given_extra)) == expected


@pytest.mark.parametrize("wrong", [0, 17, "many"])
def test_a_limit_that_is_none_is_refused_by_name(wrong):
    with pytest.raises(GiveUp, match="calls_at_once"):
        calls_at_once(Connection("site", "moodle", extra={"calls_at_once": wrong}))
