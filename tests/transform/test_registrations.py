"""What completions do for parts of requests, and the law that their order makes no difference (issue: Registration)."""

from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.transform.registrations import COLUMNS, Place, Terms, registrations, why_not
from etl.transform.result_definition import ResultDefinition
from tests.fixtures.properties import examples

TEN = ResultDefinition(Decimal(1), Decimal(10), 1, Decimal("5.5"))
OPEN = Place(course_known=True, person_known=True, requested=True, open=True, doubled=False, registered=False)
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
EFFECTS = ["result", "presence", "passed", "finished", "approved", "approved_on"]


def terms(definition=TEN, **others):
    return Terms(
        **{"active": True, "definition": definition, "sends_presence": True, "sends_passed": True, **others}
    )


def completion(number, day=0, grade=None, presence=None, passed=None, place=OPEN):
    at = NOON + timedelta(days=day)
    return {
        "completion_id": number,
        "person_id": "P1",
        "course_id": "C1",
        "completed_at": pd.Timestamp(at),
        "completed_on": pd.Timestamp(at.date()),
        "grade": grade,
        "presence": presence,
        "passed": passed,
        **asdict(place),
    }


def part(number, held=None, **others):
    """The part that a completion counts for; ``held``: the row that is registered of it."""
    registered = {f"held_{name}": None if held is None else held[name] for name in COLUMNS[2:]}
    if held is not None and held["result"] is not None:
        registered["held_result"] = str(held["result"])
    return {
        "completion_id": number,
        "request_code": "R1",
        "part_code": "E1",
        "is_open": True,
        "holds": None,
        "is_registered": held is not None,
        **registered,
        **others,
    }


def registered(completions, held=None, agreed=None, **of_part):
    """What completions leave of one part, and what was listed."""
    parts = pd.DataFrame([part(one["completion_id"], held, **of_part) for one in completions])
    return registrations(pd.DataFrame(completions), parts, agreed or terms())


def effects(done):
    """The six effects on the one part, the day as text."""
    [row] = done.rows.to_dict("records")
    found = {name: row[name] for name in EFFECTS}
    found["result"] = None if found["result"] is None else str(found["result"])
    found["approved_on"] = None if pd.isna(found["approved_on"]) else found["approved_on"].date().isoformat()
    return tuple(found.values())


def row_of(done, held=None):
    """The part as it stands after a derivation."""
    return done.rows.to_dict("records")[0] if len(done.rows) else held


@pytest.mark.parametrize(
    ("said", "left"),
    [
        ({"grade": "8.25", "presence": True, "passed": True}, ("8.3", True, True, True, True, "2026-03-02")),
        ({"grade": "5.45"}, ("5.5", False, True, True, True, "2026-03-02")),
        ({"grade": "5.44"}, ("5.4", False, False, True, True, "2026-03-02")),
        ({"grade": "9", "passed": False}, ("9.0", False, False, True, True, "2026-03-02")),
        ({"presence": True}, (None, True, False, True, True, "2026-03-02")),
        ({"presence": False}, (None, False, False, True, True, "2026-03-02")),
        ({}, (None, False, False, True, False, None)),
    ],
    ids=["all", "mark reached as registered", "below the mark", "the sender's word before the mark", "presence",
         "not present", "only finished"],
)  # fmt: skip
def test_a_completion_has_the_effects_of_what_it_tells(said, left):
    assert effects(registered([completion(1, **said)])) == left


def test_what_an_integration_does_not_send_is_not_registered():
    agreed = terms(None, sends_presence=False, sends_passed=False)
    told = completion(1, grade="8", presence=True, passed=True)
    assert effects(registered([told], agreed=agreed)) == (None, False, False, True, False, None)


@pytest.mark.parametrize(("grade", "passed"), [("1", True), ("0", False)])
def test_passed_and_failed_of_certwell_are_results_of_0_to_1(grade, passed):
    agreed = terms(ResultDefinition(Decimal(0), Decimal(1), 0, Decimal(1)))
    done = registered([completion(1, grade=grade)], agreed=agreed)
    assert effects(done) == (grade, False, passed, True, True, "2026-03-02")


@pytest.mark.parametrize("grade", ["0.99", "10.01", "85"])
def test_a_grade_outside_the_definition_is_refused(grade):
    done = registered([completion(1, grade=grade)])
    assert (len(done.rows), len(done.attempts), done.refused) == (0, 0, 1)
    assert done.rejected[["record_key", "reason_code"]].to_numpy().tolist() == [
        ["C1/P1", "grade_outside_definition"]
    ]


def test_the_first_result_stands_and_a_later_one_is_kept():
    first = row_of(registered([completion(1, grade="4")]))
    done = registered([completion(2, day=1, grade="8")], first)
    assert len(done.rows) == 0
    assert done.attempts[["outcome", "grade", "grade_registered"]].to_numpy().tolist() == [
        ["nothing_new", Decimal("8.0"), False]
    ]


def test_what_a_later_attempt_passes_by_the_mark_ticks_nothing_for_its_grade_is_not_registered():
    done = registered([completion(1, grade="4"), completion(2, day=1, grade="8")])
    assert effects(done)[:3] == ("4.0", False, False)


def test_a_later_attempt_that_says_passed_or_present_ticks_it():
    first = row_of(registered([completion(1, grade="4", passed=False)]))
    done = registered([completion(2, day=1, grade="8", passed=True, presence=True)], first)
    assert effects(done) == ("4.0", True, True, True, True, "2026-03-02")


def test_what_is_ticked_is_never_taken_back():
    first = row_of(registered([completion(1, presence=True, passed=True)]))
    done = registered([completion(2, day=1, presence=False, passed=False)], first)
    assert len(done.rows) == 0


def test_a_result_may_follow_where_none_was_given():
    first = row_of(registered([completion(1)]))
    done = registered([completion(2, day=3, grade="7")], first)
    assert effects(done) == ("7.0", False, True, True, True, "2026-03-05")
    assert done.attempts["outcome"].tolist() == ["added"]


def test_a_result_that_the_administration_holds_stands():
    done = registered([completion(1, grade="8", presence=True)], holds="6.0")
    assert effects(done) == ("6.0", True, False, True, True, "2026-03-02")
    assert done.attempts["grade_registered"].tolist() == [False]


def test_a_part_that_is_registered_and_finished_since_takes_no_later_attempt():
    first = row_of(registered([completion(1, grade="4")]))
    again = completion(2, day=1, grade="8", passed=True, place=Place(True, True, True, False, False, True))
    done = registered([again], first, is_open=False)
    assert (len(done.rows), done.refused, done.attempts["grade_registered"].tolist()) == (0, 0, [False])


@pytest.mark.parametrize(
    ("place", "reason"),
    [
        (Place(True, False, False, False, False, False), "person_unknown"),
        (Place(False, True, False, False, False, False), "course_not_in_training"),
        (Place(True, True, False, False, False, False), "no_training_request"),
        (Place(True, True, True, False, False, False), "request_finished"),
        (Place(True, True, True, True, True, False), "ambiguous_request"),
        (Place(True, True, True, False, False, True), ""),
        (OPEN, ""),
    ],
)
def test_each_reason_why_a_completion_counts_for_nothing_has_a_name(place, reason):
    assert why_not(place) == reason


def test_a_paused_integration_registers_nothing():
    done = registered([completion(1, grade="8")], agreed=terms(active=False))
    assert (len(done.rows), done.rejected["reason_code"].tolist()) == (0, ["integration_paused"])


def test_a_percentage_is_scaled_between_minimum_and_maximum_and_halves_go_up():
    scaled = [str(TEN.scaled(Decimal(percent))) for percent in ("0", "50", "72.7778", "100")]
    assert scaled == ["1.0", "5.5", "7.6", "10.0"]  # 1 + 9 * 72.7778 % = 7.550002
    assert not TEN.holds(TEN.scaled(Decimal(101)))


completions = st.lists(
    st.builds(
        dict,
        day=st.integers(0, 3),
        grade=st.sampled_from([None, "3", "6", "9", "44"]),
        presence=st.sampled_from([None, True, False]),
        passed=st.sampled_from([None, True, False]),
    ),
    min_size=1,
    max_size=6,
)


def numbered(said):
    return [completion(number, **one) for number, one in enumerate(said)]


@examples(100)
@given(completions, st.randoms(use_true_random=False))
def test_completions_that_are_looked_at_together_leave_the_same_in_any_order(said, random):
    told = numbered(said)
    shuffled = random.sample(told, len(told))
    assert registered(shuffled).rows.equals(registered(told).rows)


@examples(100)
@given(completions, st.integers(0, 6))
def test_completions_in_the_order_of_time_leave_the_same_in_one_derivation_or_in_two(said, cut):
    told = sorted(numbered(said), key=lambda one: (one["completed_at"], one["completion_id"]))
    held = None
    for lot in (told[:cut], told[cut:]):
        if lot:
            held = row_of(registered(lot, held), held)
    assert held == row_of(registered(told))


@examples(100)
@given(completions, st.randoms(use_true_random=False))
def test_one_by_one_in_any_order_nothing_that_stands_is_taken_back_and_all_that_ticks_is_ticked(said, random):
    told = numbered(said)
    held = None
    for one in random.sample(told, len(told)):
        before, held = held, row_of(registered([one], held), held)
        if before is not None:
            assert all(before[name] in (None, False, held[name]) for name in EFFECTS)
    usable = [one for one in told if one["grade"] != "44"]
    if held is None:
        assert usable == []
        return
    assert held["presence"] == any(one["presence"] for one in usable)
    assert held["passed"] >= any(one["passed"] for one in usable)
    grades = {Decimal(one["grade"]) for one in usable if one["grade"]}
    assert (held["result"] in grades) if grades else held["result"] is None


@examples(100)
@given(completions)
def test_what_is_looked_at_again_gives_nothing(said):
    told = numbered(said)
    held = row_of(registered(told))
    if held is not None:
        assert len(registered(told, held).rows) == 0
