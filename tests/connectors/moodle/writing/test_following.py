"""What an occurrence decides about its course: pure rules."""

from dataclasses import replace
from datetime import date

import pytest

from etl.connectors.moodle.writing.following import Following, follow_wishes, settings_of

VISIBLE = {"active", "finished"}
ZONE = "Europe/Amsterdam"
# 14 September 2026 0:00 and 18 December 2026 23:59:59 in Amsterdam, as `date --date=... +%s` has them
START, END = 1789336800, 1797634799
FACT = Following("8", "OCC-1", date(2026, 9, 14), date(2026, 12, 18), "active", 1, START, END, True, 2)


def wishes(*facts: Following) -> list[dict[str, object]]:
    return follow_wishes(facts, VISIBLE, ZONE)


def test_a_course_runs_from_the_first_to_the_last_moment_of_its_days_where_the_site_is() -> None:
    found = settings_of(date(2026, 9, 14), date(2026, 12, 18), "active", VISIBLE, ZONE)
    assert (found.startdate, found.enddate) == (START, END)


def test_a_course_of_one_day_ends_after_it_starts() -> None:
    found = settings_of(date(2026, 9, 14), date(2026, 9, 14), "active", VISIBLE, ZONE)
    assert found.enddate - (found.startdate or 0) == 86_399


def test_without_a_finish_date_a_course_does_not_end_and_without_a_start_date_its_dates_stay() -> None:
    assert settings_of(date(2026, 9, 14), None, "active", VISIBLE, ZONE).enddate == 0
    assert settings_of(None, date(2026, 12, 18), "active", VISIBLE, ZONE).startdate is None


@pytest.mark.parametrize(
    ("status", "shown"), [("planned", False), ("active", True), ("finished", True), ("cancelled", False)]
)
def test_the_mapping_of_the_setting_says_with_which_status_a_course_is_visible(
    status: str, shown: bool
) -> None:
    assert settings_of(None, None, status, VISIBLE, ZONE).visible is shown


def test_what_was_confirmed_last_is_not_wished_for_again() -> None:
    assert wishes(FACT) == []


@pytest.mark.parametrize(
    "change",
    [
        {"start_date": date(2026, 9, 15)},
        {"finish_date": None},
        {"occurrence_status": "cancelled"},
        {"confirmed_visible": None, "confirmed_startdate": None, "confirmed_enddate": None},
    ],
)
def test_each_difference_is_one_change_with_both_dates(change: dict[str, object]) -> None:
    [wish] = wishes(replace(FACT, **change))  # type: ignore[arg-type]
    assert (wish["change"], wish["status"]) == (3, "pending")
    assert wish["startdate"]


def test_a_course_of_an_occurrence_without_dates_follows_its_status_alone() -> None:
    dateless = replace(FACT, start_date=None, finish_date=None)
    assert wishes(dateless) == []
    [wish] = wishes(replace(dateless, occurrence_status="planned"))
    assert (wish["startdate"], wish["visible"]) == (None, False)


def test_a_course_of_several_occurrences_is_not_guessed_about() -> None:
    both = [replace(FACT, occurrence_code=code, occurrences=2, finish_date=None) for code in ("A", "B")]
    [wish] = wishes(*both)
    assert (wish["status"], wish["reason"]) == ("withheld", "course_of_several")
