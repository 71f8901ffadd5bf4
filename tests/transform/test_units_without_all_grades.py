"""A unit whose activities are missing, refused, not told, or judged by an outdated pass grade."""

import pytest

from etl.transform.activity_outcomes import HIDDEN, PENDING
from tests.transform.unit_results import PASS_50, SEP_22, derive, reasons, summary


@pytest.mark.parametrize(
    ("links", "modules", "reason"),
    [
        ([("U1", 1), ("U1", 99)], {1: "quiz"}, "activity_missing"),
        ([("U1", 1)], {1: "forum"}, "activity_type_not_supported"),
    ],
)
def test_a_missing_or_refused_activity_blocks_its_unit_whatever_the_others_say(links, modules, reason):
    found = derive([(1, 60.0, SEP_22)], links=links, modules=modules)
    assert (summary(found), reasons(found)) == ([], [reason])


def test_a_refused_type_that_has_no_grade_item_is_known_from_its_module():
    found = derive(
        [(1, 60.0, SEP_22)],
        links=[("U1", 1), ("U1", 8)],
        modules={1: "quiz", 8: "page"},
        passes={1: PASS_50, 8: PASS_50},
    )
    assert reasons(found) == ["activity_type_not_supported"]


def test_grades_of_an_activity_that_no_unit_maps_are_listed_once():
    found = derive([(1, 60.0, SEP_22), (2, 70.0, SEP_22)], links=[("U1", 1)])
    assert reasons(found) == ["activity_not_mapped"]


def test_one_activity_counts_for_several_units():
    found = derive([(1, 60.0, SEP_22)], links=[("U1", 1), ("U2", 1)])
    assert [row[0] for row in summary(found)] == ["passed", "passed"]


@pytest.mark.parametrize(
    ("grades", "expected"),
    [
        ([(1, 80.0, SEP_22), (1, 60.0, SEP_22)], "passed"),
        ([(1, 80.0, SEP_22), (1, 30.0, SEP_22)], "failed"),  # the worst counts
        ([(1, 30.0, SEP_22), (1, 80.0, SEP_22)], "failed"),
        ([(1, 80.0, SEP_22), (1, None, 0)], "started"),  # not wholly graded: not passed
        ([(1, None, 0), (1, 80.0, SEP_22)], "started"),
        ([(1, 30.0, SEP_22), (1, None, 0)], "failed"),
        ([(1, 80.0, SEP_22), (1, 60.0, SEP_22), (2, None, 0)], "started"),  # one of two activities
        ([(1, 80.0, SEP_22), (1, 60.0, SEP_22), (2, 70.0, SEP_22)], "passed"),
        ([(1, 80.0, SEP_22), (1, None, 0), (2, 70.0, SEP_22), (2, None, 0)], "started"),
        ([(1, 80.0, SEP_22, 1), (1, 90.0, SEP_22, -1)], "failed"),
    ],
)
def test_an_activity_with_several_grade_items_counts_once_by_its_worst(grades, expected):
    assert [row[0] for row in summary(derive(grades))] == [expected]


def test_several_grade_items_weigh_as_one_activity_in_the_percentage():
    found = derive([(1, 60.0, SEP_22), (1, 80.0, SEP_22), (2, 90.0, SEP_22)])
    assert found.results["grade_percent"].tolist() == [80.0]


@pytest.mark.parametrize(("why", "reason"), [(PENDING, "grade_pending"), (HIDDEN, "grade_hidden")])
@pytest.mark.parametrize("other", [[], [(2, 80.0, SEP_22)], [(2, 10.0, SEP_22)], [(2, None, 0)]])
def test_a_unit_with_a_grade_that_is_not_told_gets_no_status_whatever_the_others_say(why, reason, other):
    found = derive([(1, None, SEP_22), *other], withheld={1: why})
    assert (summary(found), reasons(found)) == ([], [reason])


def test_what_stands_is_not_listed_for_a_grade_that_is_not_told():
    found = derive([(1, None, SEP_22)], withheld={1: PENDING}, recorded=[("U1", "passed", "2026-09-01")])
    assert (summary(found), reasons(found), found.standing) == ([], [], 1)


def test_an_activity_that_one_learner_lacks_blocks_that_learners_unit_only():
    grades = [(1, 80.0, SEP_22), (2, 80.0, SEP_22), (1, 80.0, SEP_22, 0, 8)]
    found = derive(grades, links=[("U1", 1), ("U1", 2), ("U2", 1)], lacking=[(2, 8)])
    statuses = {(row.enrolment_code, row.unit_code): row.status for row in found.results.itertuples()}
    assert statuses == {("E7", "U1"): "passed", ("E7", "U2"): "passed", ("E8", "U2"): "passed"}
    listed = dict(zip(found.rejected["record_key"], found.rejected["reason_code"], strict=True))
    assert listed == {"O/8/U1": "activity_missing"}


def test_a_learner_who_lacks_the_only_activity_of_a_unit_is_listed():
    found = derive([(1, 80.0, SEP_22)], lacking=[(1, 8)])
    assert found.rejected["record_key"].tolist() == ["O/8/U1"]


def test_a_completed_unit_stands_whatever_the_learner_lacks():
    found = derive([(1, 80.0, SEP_22, 0, 8)], lacking=[(1, 7)], recorded=[("U1", "passed", "2026-09-01")])
    assert reasons(found) == []


@pytest.mark.parametrize(
    ("grade", "outdated", "expected"),
    [
        ((1, 80.0, SEP_22), {1: SEP_22 - 60}, ([], ["pass_grade_not_current"])),
        ((1, 10.0, SEP_22), {1: SEP_22 - 60}, ([], ["pass_grade_not_current"])),
        ((1, 80.0, SEP_22), {1: SEP_22 + 60}, (["passed"], [])),  # read after the grade was given
        ((1, 80.0, SEP_22, 1), {1: SEP_22 - 60}, (["passed"], [])),  # the site's own verdict
    ],
)
def test_a_pass_grade_that_is_older_than_the_grade_decides_nothing(grade, outdated, expected):
    found = derive([grade], outdated=outdated)
    assert ([row[0] for row in summary(found)], reasons(found)) == expected


def test_a_pass_grade_of_a_course_that_was_not_changed_since_is_current():
    found = derive([(1, 80.0, SEP_22)], outdated={1: SEP_22 - 60}, proven=1)
    assert [row[0] for row in summary(found)] == ["passed"]


def test_a_failure_decides_a_unit_whatever_pass_grade_is_outdated():
    found = derive([(1, 80.0, SEP_22), (2, 10.0, SEP_22)], outdated={1: SEP_22 - 60})
    assert [row[0] for row in summary(found)] == ["failed"]


def test_a_graded_unit_outside_the_training_plan_is_listed():
    found = derive([(1, 80.0, SEP_22)], links=[("U1", 1), ("U2", 1)], plan=["U1"])
    assert ([row[0] for row in summary(found)], reasons(found)) == (["passed"], ["unit_not_in_plan"])


def test_activities_of_a_report_without_any_grade_item_are_missing():
    found = derive([], links=[("U1", 1)], lacking=[(1, 7)], modules={})
    assert found.rejected["record_key"].tolist() == ["O/U1/1"]


@pytest.mark.parametrize(
    ("module", "told"),
    [
        ("workshop", "This one is a workshop."),
        ("A Person's Name", "This one is a type without a proper name."),
    ],
)
def test_a_refused_type_is_named_by_what_can_be_the_name_of_one(module, told):
    found = derive([(1, 60.0, SEP_22)], links=[("U1", 1)], modules={1: module})
    assert found.rejected["reason"].tolist() == [f"Activities of this type cannot be mapped. {told}"]
