"""Who earns points, who is withheld and why: rules of eligibility as a table of small frames."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.connectors.pe_online.accreditation import KEY, due_attendance
from tests.fixtures.properties import examples

ACCREDITATION = {
    "org_id": 52,
    "source": "m",
    "source_course_id": "2",
    "valid_from": "2026-09-01",
    "valid_to": "2026-12-31",
    "pe_course_id": "301245",
    "external_course_code": None,
    "pe_module_id": None,
    "external_module_code": None,
    "course_type": 2,
    "pe_edition_id": None,
    "external_edition_id": None,
    "pe_meeting_id": None,
    "external_meeting_id": None,
}
GROUP = {"org_id": 52, "active": True, "number_scheme": "pe:52", "number_pattern": r"^(\d{6}|\d{11})$"}
COMPLETION = {
    "source": "m",
    "source_course_id": "2",
    "client_code": "C1",
    "completed_at": "2026-09-25T15:13:20Z",
    "passed": True,
}
NUMBER = {"client_code": "C1", "scheme": "pe:52", "value": "052001"}


def frame(default, *changes):
    return pd.DataFrame([default | change for change in changes], columns=list(default))


def due(completions=({},), accreditations=({},), groups=({},), numbers=({},), timezone="Europe/Amsterdam"):
    return due_attendance(
        frame(COMPLETION, *completions),
        frame(ACCREDITATION, *accreditations),
        frame(GROUP, *groups),
        frame(NUMBER, *numbers),
        timezone,
    )


def outcome(found):
    shown = found[["relation_number", "status", "reason"]].astype(object)
    return list(shown.where(shown.notna(), None).itertuples(index=False, name=None))


def test_a_pass_inside_the_period_is_due_with_its_local_time_and_offset():
    found = due()
    assert outcome(found) == [("052001", "pending", None)]
    assert found["end_date"].tolist() == ["2026-09-25T17:13:20+02:00"]


@pytest.mark.parametrize(
    ("passed_at", "timezone", "inside"),
    [
        ("2026-08-31T21:59:59Z", "Europe/Amsterdam", False),
        ("2026-08-31T22:00:00Z", "Europe/Amsterdam", True),
        ("2026-08-31T22:00:00Z", "UTC", False),
        ("2026-12-31T22:59:59Z", "Europe/Amsterdam", True),
        ("2026-12-31T23:00:00Z", "Europe/Amsterdam", False),
        ("2027-01-01T03:59:59Z", "America/Curacao", True),
    ],
)
def test_the_first_and_the_last_day_count_whole_in_the_account_s_zone(passed_at, timezone, inside):
    assert (not due([{"completed_at": passed_at}], timezone=timezone).empty) == inside


def test_an_accreditation_without_an_end_stays_open():
    assert not due([{"completed_at": "2031-01-01T00:00:00Z"}], [{"valid_to": None}]).empty


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        ("052001", None),
        ("05200100001", None),
        ("52001", "invalid_relation_number"),
        ("052001 ", "invalid_relation_number"),
        ("052001\n", "invalid_relation_number"),
        ("\u0660\u0661\u0662\u0663\u0664\u0665", "invalid_relation_number"),
        ("", "no_relation_number"),
        (None, "no_relation_number"),
    ],
)
def test_a_number_has_to_be_there_and_to_have_the_whole_form_of_its_register(number, reason):
    (found,) = outcome(due(numbers=[{"value": number}]))
    assert found == (number, "withheld" if reason else "pending", reason)


def test_the_number_of_another_register_or_person_does_not_count():
    for other in ({"scheme": "pe:19"}, {"client_code": "C2"}):
        assert outcome(due(numbers=[other])) == [(None, "withheld", "no_relation_number")]


@pytest.mark.parametrize(
    "change",
    [
        {"completions": [{"passed": False}]},
        {"completions": [{"source": "other"}]},
        {"completions": [{"source_course_id": "3"}]},
        {"groups": [{"active": False}]},
        {"completions": []},
        {"accreditations": []},
    ],
)
def test_what_is_not_passed_not_accredited_or_not_active_gives_no_row_at_all(change):
    assert due(**change).empty


def test_each_accreditation_that_holds_the_day_gives_its_own_row():
    upgraded = {"valid_from": "2026-09-20", "pe_course_id": "301999"}
    assert due(accreditations=[{}, upgraded])["pe_course_id"].tolist() == ["301245", "301999"]


def test_two_periods_under_one_course_are_one_fact_under_the_newest_mapping():
    renewed = {"valid_from": "2026-09-20", "course_type": 3}
    found = due(accreditations=[{}, renewed])
    assert found["course_type"].tolist() == [3]


@given(st.data())
@examples(25)
def test_the_order_of_the_rows_never_matters(data):
    completions = [{"client_code": f"C{n}"} for n in range(5)] + [
        {"client_code": "C1", "source_course_id": "3"}
    ]
    accreditations = [{}, {"source_course_id": "3"}, {"valid_from": "2026-09-20", "pe_course_id": "9"}]
    numbers = [{"client_code": f"C{n}", "value": f"05200{n}"} for n in range(3)]
    shuffled = due(
        *(data.draw(st.permutations(rows)) for rows in (completions, accreditations)), numbers=numbers
    )
    assert not shuffled.duplicated(KEY).any()
    pd.testing.assert_frame_equal(shuffled, due(completions, accreditations, numbers=numbers))
