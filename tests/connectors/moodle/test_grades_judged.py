"""A grade is judged on the pass grade of its time, an activity by all its grades; what cannot be kept is listed."""

import pytest

from etl.sandbox.moodle import changes
from etl.sandbox.moodle.withheld import Withheld
from tests.fixtures.properties import one_quickly

COURSE_A, COURSE_B = 2, 3
STUDENT, QUIZ = 16, 3
LATER = 1_800_000_000
MODULE = "core_course_get_course_module"


@pytest.fixture
def graded(sandbox):
    """A function that grades the student for the quiz in a way that leaves the verdict to us (a hidden grade)."""

    def graded(grade):
        item = changes.item_of(sandbox.moodle.site, STUDENT, QUIZ)
        item["gradeishidden"] = True
        sandbox.moodle.site.set_grade(STUDENT, QUIZ, grade, LATER)
        sandbox.moodle.site.touch(COURSE_A, STUDENT, LATER)

    return graded


def test_a_pass_grade_that_was_raised_by_somebody_who_is_not_in_the_course_is_read_before_a_new_grade_is_judged(
    first_night, night, sandbox, graded, unit, calls
):
    changes.set_gradepass(sandbox.moodle.site, QUIZ, 9.5)
    graded(9)
    calls()
    night()
    assert calls()["course_module"] == 18
    assert unit("E-1001-010", "BSBCMM211")[0] == "failed"


@pytest.mark.long
def test_where_the_site_does_not_tell_of_changes_pass_grades_are_read_with_every_new_grade(
    night, engine, sandbox, graded, unit, calls
):
    sandbox.moodle.site.withhold(Withheld.COURSE_SETTINGS)
    with engine.begin() as session:  # without course:update the idnumber is not shown either
        session.exec_driver_sql("insert into core.course_links values ('OCC-1001', 'moodle_main', '2')")
    night()
    changes.set_gradepass(sandbox.moodle.site, QUIZ, 9.5)
    graded(9)
    calls()
    night()
    assert calls()["course_module"] == 18
    assert unit("E-1001-010", "BSBCMM211")[0] == "failed"


def test_a_changed_course_is_asked_for_its_pass_grades_though_nobody_was_there(
    first_night, night, sandbox, calls
):
    changes.set_gradepass(sandbox.moodle.site, QUIZ, 5)
    calls()
    night()
    assert calls() == {
        "courses_by_field": 1,
        "enrolled_users": 3,
        "course_module": 18,  # once to see that one is another, once more after the report
        "grade_items": 1,
        "course_completion_status": 19,
    }
    night()
    assert calls() == {"courses_by_field": 1, "enrolled_users": 3}


@pytest.mark.long
def test_a_verdict_that_was_given_on_another_pass_grade_is_asked_for_again(night, sandbox, engine, unit):
    def enrolment(status):
        with engine.begin() as session:
            session.exec_driver_sql(
                f"update core.enrolments set status = '{status}' where enrolment_code = 'E-1001-010'"
            )

    sandbox.moodle.site.set_grade(STUDENT, QUIZ, 9, LATER)
    enrolment("withdrawn")
    night()
    changes.set_gradepass(sandbox.moodle.site, QUIZ, 9.5)
    night()
    enrolment("active")
    night()
    assert unit("E-1001-010", "BSBCMM211")[0] == "failed"


def test_an_unchanged_course_is_not_asked_for_its_pass_grades_again(first_night, night, graded, calls, unit):
    graded(9)
    calls()
    night()
    assert "course_module" not in calls()
    assert unit("E-1001-010", "BSBCMM211")[0] == "passed"


@pytest.mark.parametrize("kind", one_quickly(["html", "error_code"]))
def test_nothing_is_judged_on_a_pass_grade_that_may_be_out_of_date_until_it_was_read_again(
    kind, first_night, night, sandbox, graded, unit, listed
):
    changes.set_gradepass(sandbox.moodle.site, QUIZ, 9.5)
    graded(9)
    sandbox.faults.add("moodle", kind, operation=MODULE, where={"cmid": str(QUIZ)}, text="neverseen")
    night()
    assert unit("E-1001-010", "BSBCMM211")[0] == "started"  # as before
    assert "OCC-1001/16/BSBCMM211" in listed("activity_not_readable")
    night()
    assert unit("E-1001-010", "BSBCMM211")[0] == "failed"
    assert listed("activity_not_readable") == []


def test_an_activity_with_a_second_grade_item_does_not_stand_for_another_activity(night, sandbox, unit):
    changes.add_grade_item(sandbox.moodle.site, 2, 1)  # of the unit's two activities, 3 is not graded
    second = changes.item_of(sandbox.moodle.site, STUDENT, 2, 1)
    second.update(graderaw=90, gradedategraded=LATER)
    night()
    assert unit("E-1001-010", "BSBCMM211")[0] == "started"


def test_a_late_penalty_is_no_verdict(night, sandbox, unit):
    item = changes.item_of(sandbox.moodle.site, 7, QUIZ)
    item["gradeformatted"] = "10.00"
    changes.add_late_penalty(sandbox.moodle.site, 7, QUIZ)
    night()
    assert unit("E-1001-001", "BSBCMM211")[0] == "passed"


@pytest.mark.parametrize("grade", one_quickly([15_000, 1e30, 1e300]))
def test_a_grade_far_above_the_maximum_is_listed_and_the_rest_recorded(
    grade, night, sandbox, read, listed, unit
):
    changes.item_of(sandbox.moodle.site, 7, 4).update(graderaw=grade, gradeformatted="?")
    assert night()[1] == "success"
    assert listed("grade_out_of_range") == ["OCC-1001/7/BSBWHS211"]
    assert unit("E-1001-001", "BSBWHS211") is None
    assert len(read("select * from mart.unit_results")) == 73


def test_a_course_total_far_above_the_maximum_costs_no_completion(night, sandbox, read, listed):
    report = sandbox.moodle.site.report(COURSE_A, 7)
    total = next(item for item in report["gradeitems"] if item["itemtype"] == "course")
    total.update(graderaw=1e12)
    night()
    assert listed("grade_out_of_range") == ["2/user 7, course total"]
    done = read("select grade_percent from core.course_completions where client_code = 'CL00001'")
    assert done["grade_percent"].isna().tolist() == [True]


def test_an_activity_of_a_type_that_cannot_be_mapped_is_listed_with_its_type(night, sandbox, read):
    for report in sandbox.moodle.site.reports[COURSE_B].values():
        for item in report["gradeitems"]:
            if item.get("cmid") == 12:
                item["itemmodule"] = "workshop"
    night()
    found = read("select reason from mart.rejections where reason_code = 'activity_type_not_supported'")
    assert found["reason"].tolist() == ["Activities of this type cannot be mapped. This one is a workshop."]


def test_grades_that_come_after_an_occurrence_is_finished_are_asked_once_a_week(
    first_night, night, engine, sandbox, read, unit, calls
):
    with engine.begin() as session:
        session.exec_driver_sql(
            "update core.occurrences set status = 'finished' where occurrence_code = 'OCC-1001'"
        )
    night()
    sandbox.moodle.site.set_grade(STUDENT, QUIZ, 9, LATER)
    sandbox.moodle.site.touch(COURSE_A, STUDENT, LATER)
    calls()
    night()
    assert "grade_items" not in calls()
    with engine.begin() as session:
        session.exec_driver_sql("update raw.landings set landed_at = landed_at - interval '8 days'")
    night(courses=frozenset({"2"}))
    assert calls()["grade_items"] == 1  # of the learner who was there, not the whole report
    assert unit("E-1001-010", "BSBCMM211")[0] == "passed"


def test_a_course_of_a_finished_occurrence_that_was_never_read_is_asked_only_when_all_is(night, engine, read):
    with engine.begin() as session:
        session.exec_driver_sql(
            "update core.occurrences set status = 'finished' where occurrence_code = 'OCC-1001'"
        )
        # a competence would wait for the course, and have it read
        session.exec_driver_sql("update core.competence_links set closed_at = now()")
    night()
    landed = "select distinct scope from raw.landings where scope <> '' order by 1"
    assert read(landed)["scope"].tolist() == ["3", "4"]
    night(full=True)
    assert read(landed)["scope"].tolist() == ["2", "3", "4"]
