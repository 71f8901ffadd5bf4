"""Passes and competences: which results are approved, who they belong to, and from when until when they count."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.transform.competences import PERIOD_COLUMNS, approved, course_passes, new_competences
from tests.fixtures.properties import examples

ATTEMPT = {
    "scope": "101",
    "user_id": "7",
    "email": "anna@work.example",
    "status": "passed",
    "score": None,
    "mastery_score": None,
    "completed_at": "2026-03-02T09:00:00Z",
    "unreadable": "",
}
NOW = pd.Timestamp("2026-11-26T03:00:00Z")
PASS = {
    "client_code": "C1",
    "competence_code": "CPR",
    "validity_days": 365,
    "source": "ic",
    "source_course_id": "101",
    "timezone": "Europe/Stockholm",
    "passed_at": "2026-03-02T09:00:00Z",
    "recorded_at": "2026-03-03T03:00:00Z",
    "linked_at": "2020-01-01T00:00:00Z",
}


def attempts(*rows):
    frame = pd.DataFrame([ATTEMPT | row for row in rows], columns=list(ATTEMPT))
    texts = dict.fromkeys(["scope", "user_id", "email", "status", "unreadable"], "str")
    frame = frame.astype(texts | {"score": "float64", "mastery_score": "float64"})
    return frame.assign(completed_at=pd.to_datetime(frame["completed_at"], utc=True).dt.as_unit("us"))


def people(**addresses):
    return pd.DataFrame({"client_code": list(addresses), "email": list(addresses.values())}, dtype="str")


def moments(frame, *names):
    return frame.assign(**{name: pd.to_datetime(frame[name], utc=True).dt.as_unit("us") for name in names})


def passes(*rows):
    frame = pd.DataFrame([PASS | row for row in rows], columns=list(PASS)).astype(
        {"validity_days": "float64"}
    )
    return moments(frame, "passed_at", "recorded_at", "linked_at")


def held(*rows):
    """Periods that the administration has."""
    frame = pd.DataFrame(rows, columns=["client_code", "competence_code", "valid_from", "valid_to"])
    days = {name: pd.to_datetime(frame[name]).dt.as_unit("s") for name in ("valid_from", "valid_to")}
    frame = frame.astype({"client_code": "str", "competence_code": "str"}).assign(**days, recorded_at=None)
    return moments(frame, "recorded_at")


def readings(*rows):
    """When courses were read whole."""
    frame = pd.DataFrame(rows, columns=["source", "source_course_id", "read_at"], dtype="str")
    return moments(frame, "read_at")


def revoked(*rows):
    return pd.DataFrame(rows, columns=["competence_code", "client_code"], dtype="str")


def passes_of(given_attempts, clients):
    return course_passes(given_attempts, clients, NOW)


def award(given_passes, held, revoked):
    return new_competences(given_passes, held, revoked, readings())


def periods(earned):
    """Who has what from when until when."""
    frame = earned.periods
    return [
        (client, competence, f"{start:%Y-%m-%d}", None if pd.isna(end) else f"{end:%Y-%m-%d}")
        for client, competence, start, end in frame[PERIOD_COLUMNS[:4]].itertuples(index=False)
    ]


@pytest.mark.parametrize(
    ("status", "score", "mastery", "expected"),
    [
        ("passed", None, None, True),
        ("PASSED ", 10, 80, True),
        ("completed", None, None, True),
        ("completed", 80, 80, True),
        ("completed", 79.9, 80, False),
        ("completed", None, 80, False),
        (None, 80, 80, True),
        ("", 79, 80, False),
        (None, 80, None, False),
        (None, None, None, False),
        ("failed", 95, 80, False),
        ("incomplete", 95, 80, False),
        ("browsed", 95, 80, False),
        ("not attempted", 95, 80, False),
    ],
)
def test_only_an_approved_result_counts(status, score, mastery, expected):
    given = attempts({"status": status, "score": score, "mastery_score": mastery})
    assert approved(given).tolist() == [expected]


@pytest.mark.parametrize("address", ["anna@work.example", "  ANNA@Work.Example\t", "Anna@WORK.example"])
def test_people_are_found_by_their_address_trimmed_and_in_any_case(address):
    done = passes_of(attempts({"email": address}), people(C1="Anna@work.example "))
    assert done.passes["client_code"].tolist() == ["C1"]


@pytest.mark.parametrize(
    ("attempt", "known", "reason"),
    [
        ({"email": "other@work.example"}, {"C1": "anna@work.example"}, "unmatched_learner"),
        ({"email": None}, {"C1": "anna@work.example"}, "unmatched_learner"),
        ({"email": " "}, {"C1": " "}, "unmatched_learner"),
        ({"email": "anna@work.example.org"}, {"C1": "anna@work.example"}, "unmatched_learner"),
        ({}, {"C1": "anna@work.example", "C2": "ANNA@work.example"}, "ambiguous_learner"),
        ({"completed_at": None}, {"C1": "anna@work.example"}, "needs_completion_time"),
        ({"status": "godkänd"}, {"C1": "anna@work.example"}, "status_unknown"),
        ({"completed_at": "2026-11-26T03:00:01Z"}, {"C1": "anna@work.example"}, "completed_in_future"),
        ({"completed_at": "2031-01-01T00:00:00Z"}, {"C1": "anna@work.example"}, "completed_in_future"),
        ({"completed_at": None, "unreadable": "time"}, {"C1": "anna@work.example"}, "malformed_record"),
    ],
)
def test_nobody_is_guessed_and_nobody_is_left_out_of_the_list(attempt, known, reason):
    done = passes_of(attempts(attempt), people(**known))
    assert done.passes.empty
    assert done.rejected[["scope", "record_key", "reason_code"]].to_numpy().tolist() == [
        ["101", "101/7", reason]
    ]
    assert done.refused == 1


@pytest.mark.parametrize(
    ("status", "mastery_score", "unreadable", "expected"),
    [
        ("passed", 80, "score", "counts"),
        ("passed", None, "score mastery_score", "counts"),
        ("completed", None, "score", "counts"),  # there is no test
        ("completed", 80, "score", "listed"),
        ("completed", None, "mastery_score", "listed"),  # whether there is a test is not known
        (None, 80, "score", "listed"),
        (None, None, "mastery_score", "listed"),
        (None, None, "score", "ignored"),  # no status, and no test to reach the score of
        ("failed", 80, "score mastery_score time", "ignored"),
        ("incomplete", 80, "time", "ignored"),
        ("godkänd", 80, "score", "listed"),
    ],
)
def test_a_value_that_is_not_needed_for_the_verdict_never_voids_it(
    status, mastery_score, unreadable, expected
):
    given_attempts = attempts({"status": status, "mastery_score": mastery_score, "unreadable": unreadable})
    done = passes_of(given_attempts, people(C1="anna@work.example"))
    assert {"counts": len(done.passes), "listed": len(done.rejected), "ignored": done.ignored} == {
        "counts": 0,
        "listed": 0,
        "ignored": 0,
    } | {expected: 1}


def test_what_cannot_be_read_is_named():
    given_attempts = attempts(
        {"status": "completed", "mastery_score": None, "unreadable": "score mastery_score"}
    )
    reason = passes_of(given_attempts, people(C1="anna@work.example")).rejected["reason"].item()
    assert reason.endswith("Not readable: score, mastery score.")


def test_who_is_not_approved_is_neither_matched_nor_listed():
    done = passes_of(attempts({"status": "failed", "email": "unknown@x.example"}), people())
    assert (done.passes.empty, done.rejected.empty, done.ignored) == (True, True, 1)


def test_every_attempt_is_counted_once():
    done = passes_of(
        attempts({}, {}, {"status": "failed"}, {"email": "no@x.example"}, {"user_id": "8"}),
        people(C1="anna@work.example"),
    )
    assert len(done.passes) + done.repeated + done.refused + done.ignored == 5


@pytest.mark.parametrize(
    ("passed_at", "days", "expected"),
    [
        ("2026-03-02T09:00:00Z", 365, ("2026-03-02", "2027-03-02")),
        ("2024-02-28T12:00:00Z", 365, ("2024-02-28", "2025-02-27")),  # a leap day in between
        ("2024-02-29T12:00:00Z", 366, ("2024-02-29", "2025-03-01")),
        (
            "2026-03-28T23:30:00Z",
            1,
            ("2026-03-29", "2026-03-30"),
        ),  # the day that summer time starts has 23 hours
        ("2026-06-30T22:15:00Z", 31, ("2026-07-01", "2026-08-01")),  # already July in Stockholm
        ("2026-10-24T22:30:00Z", 1, ("2026-10-25", "2026-10-26")),  # the day that it ends has 25
        ("2026-12-31T23:30:00Z", 10, ("2027-01-01", "2027-01-11")),
        ("2026-03-02T09:00:00Z", None, ("2026-03-02", None)),
        ("2241-03-02T09:00:00Z", 36525, ("2241-03-02", "2341-03-03")),
    ],
)
def test_it_is_valid_from_the_day_of_the_source_and_so_many_days(passed_at, days, expected):
    earned = award(passes({"passed_at": passed_at, "validity_days": days}), held(), revoked())
    assert periods(earned) == [("C1", "CPR", *expected)]


def test_days_are_those_of_each_source():
    late = "2026-06-30T22:15:00Z"
    earned = award(
        passes(
            {"passed_at": late, "client_code": "C1"},
            {"passed_at": late, "client_code": "C2", "source": "uk", "timezone": "UTC"},
        ),
        held(),
        revoked(),
    )
    assert {row[0]: row[2] for row in periods(earned)} == {"C1": "2026-07-01", "C2": "2026-06-30"}


@pytest.mark.parametrize(
    ("period", "given"),
    [
        (("2025-03-03", "2026-03-02"), False),  # it is still valid on its last day
        (("2025-03-02", "2026-03-01"), True),
        (("2025-01-01", None), False),
        (("2026-06-01", "2027-05-31"), False),  # held already, although from later on
        (("2027-03-03", "2028-03-02"), True),
    ],
)
def test_while_a_period_is_valid_a_pass_changes_nothing(period, given):
    earned = award(passes({}), held(("C1", "CPR", *period)), revoked())
    assert (len(earned.periods), earned.standing) == ((1, 0) if given else (0, 1))


def test_a_period_that_is_held_forever_is_not_followed_by_another():
    forever = passes({"validity_days": None}, {"validity_days": None, "passed_at": "2030-01-01T00:00:00Z"})
    assert periods(award(forever, held(), revoked())) == [("C1", "CPR", "2026-03-02", None)]


def test_a_person_and_everyone_can_be_held_back_and_is_listed():
    given = passes({}, {"client_code": "C2"}, {"client_code": "C3", "competence_code": "FIRE"})
    earned = award(given, held(), revoked(("CPR", "C1"), ("FIRE", None)))
    assert [row[0] for row in periods(earned)] == ["C2"]
    assert set(earned.rejected["record_key"]) == {"C1/ic/101", "C3/ic/101"}
    assert set(earned.rejected["reason_code"]) == {"competence_revoked"}


days_of_passes = st.integers(0, 4000).map(
    lambda days: str(pd.Timestamp("2020-01-01", tz="UTC") + pd.Timedelta(days, "D"))
)
some_passes = st.lists(
    st.fixed_dictionaries(
        {
            "client_code": st.sampled_from(["C1", "C2"]),
            "source_course_id": st.sampled_from(["101", "102"]),
            "source": st.sampled_from(["ic", "moodle"]),
            "passed_at": days_of_passes,
        }
    ),
    min_size=1,
    max_size=12,
)


def recorded(earned):
    """The periods of a night as the next one finds them."""
    return earned.periods.assign(recorded_at=pd.Timestamp("2099-01-01", tz="UTC"))


def rows(frame):
    return sorted(map(str, frame[PERIOD_COLUMNS].to_numpy().tolist()))


@examples(25)
@given(some_passes, st.randoms(use_true_random=False), st.sampled_from([30, 365, None]))
def test_passes_in_any_order_give_the_same_and_given_again_nothing(given_passes, random, days):
    given_passes = [one | {"validity_days": days} for one in given_passes]
    once = award(passes(*given_passes), held(), revoked())
    random.shuffle(given_passes)
    again = award(passes(*given_passes), held(), revoked())
    assert rows(again.periods) == rows(once.periods)
    after = award(passes(*given_passes), recorded(once), revoked())
    assert (len(after.periods), after.standing) == (0, len(given_passes))


@examples(25)
@given(some_passes, st.sampled_from([30, 365, None]))
def test_nights_in_which_passes_come_in_as_they_happen_give_what_one_night_gives(given_passes, days):
    given_passes = [one | {"validity_days": days} for one in given_passes]
    at_once = award(passes(*given_passes), held(), revoked())
    known, so_far = held(), []
    for day in sorted({one["passed_at"] for one in given_passes}):
        so_far += [one for one in given_passes if one["passed_at"] == day]
        tonight = recorded(award(passes(*so_far), known, revoked()))
        known = pd.concat([known, tonight], ignore_index=True) if len(known) else tonight
    assert rows(known) == rows(at_once.periods)


@examples(25)
@given(some_passes, some_passes)
def test_what_comes_in_late_overwrites_nothing_and_makes_no_two_periods_overlap(first, second):
    known = recorded(award(passes(*first), held(), revoked()))
    late = [one | {"recorded_at": "2099-01-02T00:00:00Z"} for one in second]
    read = readings(
        *((source, course, "2098-12-31") for source in ("ic", "moodle") for course in ("101", "102"))
    )
    added = new_competences(passes(*first, *late), known, revoked(), read).periods
    both = pd.concat([known, added], ignore_index=True).sort_values(["client_code", "valid_from"])
    previous = both.groupby("client_code")["valid_to"].shift()
    assert ((both["valid_from"] > previous) | previous.isna()).all()
