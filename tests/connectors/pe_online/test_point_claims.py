"""Points are claimed once: passes and periods against what the ledger holds, as a table of small frames."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.connectors.pe_online.accreditation import due_attendance
from etl.connectors.pe_online.point_claims import HELD, PASS
from tests.connectors.pe_online.test_accreditation import ACCREDITATION, COMPLETION, GROUP, NUMBER, frame
from tests.fixtures.properties import examples

FIRST, SECOND = "2026-03-02T10:00:00Z", "2026-11-03T10:00:00Z"
YEARS = ({"valid_from": "2026-01-01"}, {"valid_from": "2027-01-01", "valid_to": "2027-12-31"})
ROW = {
    "client_code": "C1",
    "source": "m",
    "source_course_id": "2",
    "passed_at": FIRST,
    "pe_course_id": "301245",
    "external_course_code": None,
    "pe_module_id": None,
    "external_module_code": None,
    "course_type": 2,
    "pe_edition_id": None,
    "external_edition_id": None,
    "pe_meeting_id": None,
    "external_meeting_id": None,
    "relation_number": "052001",
    "status": "accepted",
    "released": False,
}


def held(*changes):
    rows = pd.DataFrame([ROW | change for change in changes], columns=list(ROW))
    rows["passed_at"] = pd.to_datetime(rows["passed_at"], utc=True).astype("datetime64[us, UTC]")
    moments = rows["passed_at"].dt.tz_convert("Europe/Amsterdam")
    rows["end_date"] = pd.Series([moment.isoformat() for moment in moments], dtype="str")
    return rows[HELD]


def fates(passes, accreditations=({"valid_from": "2026-01-01"},), ledger=(), numbers=({},)):
    """(day, source course, PE course, reason) of every row, in order of the day."""
    due = due_attendance(
        frame(COMPLETION, *({"completed_at": one} if isinstance(one, str) else one for one in passes)),
        frame(ACCREDITATION, *accreditations),
        frame(GROUP, {}),
        frame(NUMBER, *numbers),
        "Europe/Amsterdam",
        held(*ledger),
    )
    due["reason"] = due["reason"].astype(object).where(due["reason"].notna(), None)
    due["day"] = due["end_date"].str[:10]
    shown = due.sort_values(["passed_at", "source_course_id", "pe_course_id"])
    return list(
        shown[["day", "source_course_id", "pe_course_id", "reason"]].itertuples(index=False, name=None)
    )


CLAIMED, MOVED, AMBIGUOUS = "points_claimed_already", "sent_under_another_course", "ambiguous_learner"


def test_a_second_pass_in_a_new_period_earns_its_own_points():
    assert fates([FIRST, "2027-02-01T10:00:00Z"], YEARS) == [
        ("2026-03-02", "2", "301245", None),
        ("2027-02-01", "2", "301245", None),
    ]


def test_of_two_passes_in_one_period_the_first_claims():
    assert fates([SECOND, FIRST]) == [
        ("2026-03-02", "2", "301245", None),
        ("2026-11-03", "2", "301245", CLAIMED),
    ]


def test_an_older_pass_that_comes_in_later_does_not_claim_again():
    assert fates([SECOND, FIRST], ledger=[{"passed_at": SECOND}])[0][-1] == CLAIMED


@pytest.mark.parametrize("status", ["sending", "accepted", "accepted_in_test", "unknown"])
def test_what_was_sent_claims_its_period_also_when_the_pass_is_not_known_any_more(status):
    assert fates([SECOND], ledger=[{"status": status}]) == [("2026-11-03", "2", "301245", CLAIMED)]


@pytest.mark.parametrize("status", ["pending", "rejected", "withheld"])
def test_what_was_not_sent_and_is_not_passed_any_more_claims_nothing(status):
    assert fates([SECOND], ledger=[{"status": status}]) == [("2026-11-03", "2", "301245", None)]


@pytest.mark.parametrize("second", ["2026-12-31", "2026-10-01"])
def test_one_pass_in_periods_that_touch_or_overlap_is_one_point(second):
    periods = ({"valid_from": "2026-01-01"}, {"valid_from": second, "valid_to": "2027-12-31"})
    assert fates(["2026-12-31T10:00:00Z"], periods) == [("2026-12-31", "2", "301245", None)]


def test_a_pass_that_is_the_first_one_of_an_overlapping_period_earns_points():
    periods = ({"valid_from": "2026-01-01"}, {"valid_from": "2026-10-01", "valid_to": "2027-12-31"})
    assert [row[-1] for row in fates([FIRST, SECOND, "2027-02-01T10:00:00Z"], periods)] == [
        None,
        None,
        CLAIMED,
    ]


def test_one_number_course_and_module_is_claimed_once_whatever_source_course_earned_it():
    accredited = ({}, {"source_course_id": "3"})
    passes = [{"source_course_id": "3", "completed_at": "2026-09-24T08:00:00Z"}, {}]
    assert fates(passes, accredited) == [
        ("2026-09-24", "3", "301245", None),
        ("2026-09-25", "2", "301245", CLAIMED),
    ]


def test_modules_of_one_course_are_points_of_their_own():
    modules = ({"pe_module_id": "1"}, {"pe_module_id": "2", "valid_from": "2026-09-02"})
    assert [row[-1] for row in fates([{}], modules)] == [None, None]


@pytest.mark.parametrize(("kind", "second"), [(1, None), (4, None), (2, CLAIMED), (3, CLAIMED)])
def test_meetings_of_a_classroom_course_are_points_of_their_own(kind, second):
    meetings = [
        {"course_type": kind, "pe_edition_id": "7", "pe_meeting_id": "1"},
        {"course_type": kind, "pe_edition_id": "7", "pe_meeting_id": "2", "source_course_id": "3"},
    ]
    assert [row[-1] for row in fates([{}, {"source_course_id": "3"}], meetings)] == [None, second]


def test_a_number_that_two_clients_hold_is_sent_for_neither():
    two = [{}, {"client_code": "C2"}]
    assert [row[-1] for row in fates(two, numbers=two)] == [AMBIGUOUS, AMBIGUOUS]


def test_points_that_were_claimed_for_a_number_are_not_claimed_for_its_next_holder():
    assert fates([SECOND], ledger=[{"client_code": "C0"}]) == [("2026-11-03", "2", "301245", AMBIGUOUS)]
    assert fates(["2027-02-01T10:00:00Z"], YEARS, [{"client_code": "C0"}])[0][-1] is None


@pytest.mark.parametrize("status", ["sending", "accepted", "unknown"])
def test_a_pass_that_was_sent_is_not_sent_under_a_course_that_replaced_it(status):
    replaced = ({"pe_course_id": "301999", "valid_from": "2026-01-01"},)
    assert fates([FIRST], replaced, [{"status": status}]) == [("2026-03-02", "2", "301999", MOVED)]


def test_a_pass_that_was_sent_under_another_client_code_is_not_sent_under_a_course_that_replaced_it():
    replaced = ({"pe_course_id": "301999", "valid_from": "2026-01-01"},)
    assert fates([FIRST], replaced, [{"client_code": "C0"}])[0][-1] == MOVED


@pytest.mark.parametrize("status", ["pending", "rejected", "withheld", "accepted_in_test"])
def test_a_pass_that_booked_nothing_goes_under_the_course_that_replaced_it(status):
    replaced = ({"pe_course_id": "301999", "valid_from": "2026-01-01"},)
    assert fates([FIRST], replaced, [{"status": status}])[0][-1] is None


@pytest.mark.parametrize(
    "replaced",
    [
        {"pe_course_id": None, "external_course_code": "PEO-3"},
        {"pe_module_id": "12"},
        {"external_module_code": "M12"},
    ],
)
def test_a_code_or_a_module_that_was_put_in_place_does_not_send_again_either(replaced):
    assert fates([FIRST], [{"valid_from": "2026-01-01"} | replaced], [{}])[0][-1] == MOVED


def test_a_new_pass_in_the_period_whose_course_was_replaced_waits_for_a_person_and_one_after_it_does_not():
    replaced = [one | {"pe_course_id": "301999"} for one in YEARS]
    assert fates([SECOND, "2027-02-01T10:00:00Z"], replaced, [{}]) == [
        ("2026-11-03", "2", "301999", MOVED),
        ("2027-02-01", "2", "301999", None),
    ]


def test_what_a_person_released_is_sent():
    replaced = ({"pe_course_id": "301999", "valid_from": "2026-01-01"},)
    released = {"pe_course_id": "301999", "status": "withheld", "released": True}
    assert fates([FIRST], replaced, [{}, released]) == [("2026-03-02", "2", "301999", None)]


def test_of_two_courses_that_one_pass_falls_under_only_the_newest_is_sent_by_itself():
    upgraded = {"valid_from": "2026-09-20", "pe_course_id": "301999"}
    assert fates([{}], [{}, upgraded]) == [
        ("2026-09-25", "2", "301245", MOVED),
        ("2026-09-25", "2", "301999", None),
    ]
    assert [row[-1] for row in fates([{}], [{}, upgraded], [{"passed_at": COMPLETION["completed_at"]}])] == [
        None,
        MOVED,
    ]


DAYS = [f"2026-{month:02d}-11T10:00:00Z" for month in (1, 4, 7, 10)] + ["2027-02-11T10:00:00Z"]
PERIODS = [("2026-01-01", "2026-06-30"), ("2026-07-01", "2026-12-31"), ("2027-01-01", "2027-12-31")]
PASSES = st.lists(
    st.fixed_dictionaries(
        {
            "client_code": st.sampled_from(["C1", "C2", "C3"]),
            "source_course_id": st.sampled_from(["2", "3"]),
            "completed_at": st.sampled_from(DAYS),
        }
    ),
    max_size=8,
    unique_by=lambda one: tuple(one.values()),
)
NIGHTS = st.lists(st.tuples(PASSES, st.sampled_from(["301245", "301999"])), min_size=1, max_size=4)


def accepted(due):
    """What the ledger holds when everything that a night sends is accepted."""
    sent = due[due["status"] == "pending"]
    return sent.assign(status="accepted", released=False)[HELD]


@given(NIGHTS)
@examples(25)
def test_whatever_comes_in_whatever_order_a_number_gets_points_once_a_period_and_a_pass_goes_once(nights):
    numbers = frame(NUMBER, *({"client_code": f"C{n}", "value": f"05200{min(n, 2)}"} for n in (1, 2, 3)))
    known, ledger = [], held()
    for passes, course in nights:
        known += [one for one in passes if one not in known]
        periods = [
            {"source_course_id": of, "valid_from": first, "valid_to": last, "pe_course_id": course}
            for of in ("2", "3")
            for first, last in PERIODS
        ]
        due = due_attendance(
            frame(COMPLETION, *known),
            frame(ACCREDITATION, *periods),
            frame(GROUP, {}),
            numbers,
            "UTC",
            ledger,
        )
        assert set(due.loc[due["client_code"] != "C1", "reason"]) <= {"ambiguous_learner"}
        before = set(map(tuple, ledger[[*PASS, "pe_course_id"]].itertuples(index=False)))
        sent = accepted(due)
        fresh = [tuple(one) not in before for one in sent[[*PASS, "pe_course_id"]].itertuples(index=False)]
        ledger = pd.concat([ledger, sent[fresh]], ignore_index=True)
    assert not ledger.duplicated(PASS).any()
    moments = ledger["passed_at"].dt.tz_localize(None)
    period = pd.cut(moments, pd.to_datetime(["2025-12-31", "2026-06-30", "2026-12-31", "2028-01-01"]))
    points = ledger[["relation_number", "pe_course_id"]].assign(period=period)
    assert not points.duplicated().any()
