"""Passed, failed or started, and the dates: each rule of docs/results.md as a row of a table."""

import pytest

from etl.transform.unit_results import Rules
from tests.transform.unit_results import DAY, SEP_22, derive, reasons, summary


@pytest.mark.parametrize(
    ("grades", "passes", "expected"),
    [
        ([(1, 50.0, SEP_22)], None, "passed"),
        ([(1, 49.99999, SEP_22)], {1: (50.0, 0.0)}, "failed"),
        ([(1, 80.0, SEP_22), (2, 30.0, SEP_22)], None, "failed"),
        ([(1, 80.0, SEP_22), (2, None, 0)], None, "started"),
        ([(1, 30.0, SEP_22), (2, None, 0)], None, "failed"),
        ([(1, 0.0, SEP_22)], None, "failed"),  # 0 is a grade
        ([(1, 0.0, SEP_22)], {1: (0.0, 0.005)}, "passed"),  # no pass grade: any grade passes
        ([(1, 66.66667, SEP_22)], {1: (66.67, 0.005)}, "passed"),  # the pass grade is rounded
        ([(1, 66.66, SEP_22)], {1: (66.67, 0.005)}, "failed"),
        ([(1, 49.0, SEP_22, 1)], None, "passed"),  # Moodle's own verdict first
        ([(1, 51.0, SEP_22, -1)], None, "failed"),
        ([(1, 66.665, SEP_22)], {1: (66.67, 0.005)}, "passed"),  # binary fractions
    ],
)
def test_grades_and_pass_grades_decide_the_status(grades, passes, expected):
    assert [row[0] for row in summary(derive(grades, passes=passes))] == [expected]


def test_no_grade_gives_nothing():
    found = derive([(1, None, 0), (2, None, 0)])
    assert (summary(found), reasons(found)) == ([], [])


def test_a_failed_unit_counts_as_started_where_failures_are_not_recorded():
    found = derive([(1, 10.0, SEP_22)], rules=Rules("Europe/Amsterdam", False, False, True))
    assert summary(found) == [("started", "2026-09-14", "")]


def test_a_pass_grade_that_is_not_readable_never_passes():
    found = derive([(1, 90.0, SEP_22)], passes={})
    assert (summary(found), reasons(found)) == ([], ["activity_not_readable"])


def test_the_verdict_of_the_site_needs_no_pass_grade():
    assert summary(derive([(1, 90.0, SEP_22, 1)], passes={}))[0][0] == "passed"


@pytest.mark.parametrize(
    ("keywords", "start"),
    [
        ({"planned": {"U1": "2026-09-01"}}, "2026-09-01"),
        ({}, "2026-09-14"),
        ({"recorded": [("U1", "started", "2026-08-30")], "planned": {"U1": "2026-09-01"}}, "2026-08-30"),
    ],
)
def test_the_start_date_comes_from_the_record_then_the_plan_then_the_enrolment(keywords, start):
    assert summary(derive([(1, 60.0, SEP_22)], **keywords)) == [("passed", start, "2026-09-22")]


def test_with_several_activities_the_earliest_graded_date_is_the_start_and_the_latest_the_finish():
    found = derive([(1, 60.0, SEP_22 + 3 * DAY), (2, 60.0, SEP_22)])
    assert summary(found) == [("passed", "2026-09-22", "2026-09-25")]


def test_without_any_start_date_the_result_is_listed():
    rules = Rules("Europe/Amsterdam", True, False, use_enrolment_start=False)
    assert reasons(derive([(1, 60.0, SEP_22)], rules=rules)) == ["needs_start_date"]


def test_a_start_after_the_finish_is_listed():
    assert reasons(derive([(1, 60.0, SEP_22)], planned={"U1": "2026-12-01"})) == ["start_after_finish"]


def test_a_graded_date_of_zero_means_never_and_not_1970():
    assert reasons(derive([(1, 60.0, 0)])) == ["needs_graded_date"]


@pytest.mark.parametrize(
    ("zone", "day"), [("Australia/Brisbane", "2026-09-23"), ("America/Los_Angeles", "2026-09-22")]
)
def test_dates_are_made_in_the_zone_of_the_source(zone, day):
    evening = 1_790_090_000  # 2026-09-22 15:13 UTC
    found = derive([(1, 60.0, evening)], rules=Rules(zone, True, False, True))
    assert summary(found)[0][2] == day


@pytest.mark.parametrize("held", ["passed", "failed"])
def test_a_completed_unit_gets_no_new_result(held):
    found = derive([(1, 60.0, SEP_22)], recorded=[("U1", held, "2026-09-01")])
    assert (summary(found), found.standing) == ([], 1)


def test_a_failed_unit_may_become_passed_on_a_resit_where_the_source_allows_it():
    rules = Rules("Europe/Amsterdam", True, True, True)
    assert (
        summary(derive([(1, 60.0, SEP_22)], recorded=[("U1", "failed", "2026-09-01")], rules=rules))[0][0]
        == "passed"
    )
    assert summary(derive([(1, 10.0, SEP_22)], recorded=[("U1", "failed", "2026-09-01")], rules=rules)) == []


def test_a_started_unit_is_not_started_again():
    found = derive([(1, 60.0, SEP_22), (2, None, 0)], recorded=[("U1", "started", "2026-09-01")])
    assert (summary(found), found.standing) == ([], 1)
