"""What a role or a setting of the site keeps back hides no learner, grade or change without a word."""

import pytest

from etl.sandbox.moodle import changes
from etl.sandbox.moodle.groups import SEPARATE, VISIBLE
from etl.sandbox.moodle.withheld import Withheld
from tests.fixtures.properties import one_quickly

COURSE_A = 2
STUDENT, TEACHER, QUIZ = 16, 47, 3
LATER = 1_800_000_000


@pytest.fixture
def withhold(sandbox):
    return sandbox.moodle.site.withhold


@pytest.fixture
def done(read):
    """A function that reads who completed which course."""

    def done():
        found = read("select source_course_id, client_code from core.course_completions order by 1, 2")
        return [tuple(row) for row in found.to_numpy()]

    return done


def test_a_hidden_course_total_hides_no_learner(night, withhold, read, done):
    withhold(Withheld.COURSE_TOTAL)
    assert night()[1] == "success"
    assert len(read("select * from mart.unit_results")) == 74
    assert len(done()) == 10


@pytest.mark.parametrize("role", one_quickly(["cursist", "student-2"]))
@pytest.mark.long
def test_learners_are_known_by_their_grade_report_whatever_their_role_is_called(
    role, night, sandbox, read, done, calls, unit
):
    changes.rename_role(sandbox.moodle.site, role)
    night()
    assert (len(read("select * from mart.unit_results")), len(done())) == (74, 10)
    sandbox.moodle.site.set_grade(STUDENT, QUIZ, 9, LATER)
    sandbox.moodle.site.touch(COURSE_A, STUDENT, LATER)
    calls()
    night()
    assert calls()["grade_items"] == 1  # the report of one learner, not the whole one as for a teacher
    assert unit("E-1001-010", "BSBCMM211")[0] == "passed"


def test_roles_that_are_not_shown_hide_no_learner(night, withhold, read, done):
    withhold(Withheld.ROLES)
    night()
    assert (len(read("select * from mart.unit_results")), len(done())) == (74, 10)


@pytest.mark.long
def test_where_last_access_is_hidden_every_grade_is_asked_every_night(night, sandbox, withhold, unit, calls):
    withhold(Withheld.LAST_ACCESS)
    night()
    sandbox.moodle.site.set_grade(STUDENT, QUIZ, 9, LATER)
    calls()
    night()
    assert calls()["grade_items"] == 3
    assert unit("E-1001-010", "BSBCMM211")[0] == "passed"


@pytest.mark.long
def test_participants_whose_details_are_not_shown_are_asked_by_their_reports(
    night, sandbox, withhold, listed, unit, calls
):
    withhold(Withheld.DETAILS)
    night()
    assert listed("participants_not_shown") == ["2/", "3/", "4/"]
    sandbox.moodle.site.set_grade(STUDENT, QUIZ, 9, LATER)
    calls()
    night()
    assert calls()["grade_items"] == 3  # nobody sees who was there
    withhold(Withheld.DETAILS, really=False)
    night()
    assert listed("participants_not_shown") == []
    assert unit("E-1001-010", "BSBCMM211")[0] == "passed"


def test_a_learner_whose_role_is_not_graded_is_asked_alone(night, sandbox, read, unit):
    report = sandbox.moodle.site.reports[COURSE_A].pop(STUDENT)
    sandbox.moodle.site.inactive_reports[COURSE_A, STUDENT] = report
    rows = sandbox.moodle.site.enrolled[COURSE_A]
    next(row for row in rows if row["id"] == STUDENT)["roles"][0]["shortname"] = "teacher-in-training"
    night()
    landed = read("select key from raw.landings where scope = '2' and resource = 'user_grades'")
    assert landed["key"].tolist() == [str(STUDENT)]
    assert unit("E-1001-010", "BSBOPS203")[0] == "started"


@pytest.mark.long
def test_completion_that_is_shown_of_nobody_is_said_once_a_course_and_costs_one_call_a_night(
    night, sandbox, withhold, listed, calls, done
):
    withhold(Withheld.COMPLETION)
    assert night()[1] == "success"
    assert "2/" in listed("completion_not_shown")
    assert listed("access_denied") == []
    calls()
    night()
    assert calls()["course_completion_status"] == len(listed("completion_not_shown"))
    withhold(Withheld.COMPLETION, really=False)
    night()
    assert (listed("completion_not_shown"), len(done())) == ([], 10)


def test_a_missing_right_to_completion_does_not_cost_the_grades_of_the_course(night, withhold, read):
    withhold(Withheld.COMPLETION)
    night()
    assert len(read("select * from mart.unit_results")) == 74


def test_a_course_that_keeps_no_completion_is_not_asked_for_it_and_said_where_points_hang_on_it(
    night, sandbox, listed, calls
):
    for course in (2, 4):
        sandbox.moodle.site.courses[course]["enablecompletion"] = 0
    sandbox.moodle.site.changes += 1
    night()
    assert listed("no_completion_criteria") == ["2/"]  # course 4 gives no points
    assert listed("completion_not_shown") == []


def test_a_hidden_grade_is_not_read_as_no_grade(night, sandbox, listed, unit):
    item = changes.item_of(sandbox.moodle.site, 7, QUIZ)
    item.update(graderaw=None, gradeishidden=True, gradeformatted="-")
    sandbox.moodle.site.changes += 1
    night()
    assert "OCC-1001/7/BSBCMM211" in listed("grade_hidden")
    assert unit("E-1001-001", "BSBCMM211") is None


def test_a_quiet_night_does_not_close_what_is_still_hidden(night, sandbox, listed):
    sandbox.moodle.site.hide_activity(QUIZ)
    night()
    assert listed("access_denied") == ["2/3"]
    night()
    assert listed("access_denied") == ["2/3"]


@pytest.mark.long
def test_a_mended_role_is_found_before_the_weekly_sweep(night, sandbox, listed, unit, calls):
    sandbox.moodle.site.hide_activity(QUIZ)
    night()
    calls()
    night()
    assert calls()["grade_items"] == 1  # one learner's report shows whether it is there again
    changes.show_activity(sandbox.moodle.site, QUIZ)
    night()
    assert (listed("activity_missing"), listed("access_denied")) == ([], [])
    assert unit("E-1001-001", "BSBCMM211")[0] == "passed"
    calls()
    night()
    assert "grade_items" not in calls()


@pytest.mark.long
def test_an_activity_that_single_learners_lack_is_found_when_it_is_shown_to_them_again(
    night, sandbox, listed, unit, calls
):
    taken = {}
    for user in (7, 8):
        items = sandbox.moodle.site.report(COURSE_A, user)["gradeitems"]
        taken[user] = (items, next(item for item in items if item.get("cmid") == QUIZ))
        items.remove(taken[user][1])
    night()
    assert listed("activity_missing") == ["OCC-1001/7/BSBCMM211", "OCC-1001/8/BSBCMM211"]
    calls()
    night()
    assert calls()["grade_items"] == 1
    for items, item in taken.values():
        items.insert(0, item)
    sandbox.moodle.site.changes += 1
    night()
    assert (listed("activity_missing"), unit("E-1001-001", "BSBCMM211")[0]) == ([], "passed")
    calls()
    night()
    assert "grade_items" not in calls()


@pytest.mark.long
def test_an_enrolment_that_was_withdrawn_while_its_learner_completed_gets_its_completion(
    night, sandbox, engine, done
):
    withdrawn = "update core.enrolments set status = '{}' where enrolment_code = 'E-1001-010'"
    night()
    with engine.begin() as session:
        session.exec_driver_sql(withdrawn.format("withdrawn"))
    changes.set_completion(sandbox.moodle.site, COURSE_A, STUDENT, LATER)
    sandbox.moodle.site.touch(COURSE_A, STUDENT, LATER)
    night()
    assert ("2", "CL00010") not in done()
    with engine.begin() as session:
        session.exec_driver_sql(withdrawn.format("active"))
    night()
    assert ("2", "CL00010") in done()


@pytest.mark.long
def test_an_enrolment_that_was_withdrawn_while_a_teacher_graded_it_gets_its_completion(
    night, sandbox, engine, done
):
    withdrawn = "update core.enrolments set status = '{}' where enrolment_code = 'E-1001-010'"
    night()
    with engine.begin() as session:
        session.exec_driver_sql(withdrawn.format("withdrawn"))
    changes.set_completion(sandbox.moodle.site, COURSE_A, STUDENT, LATER)
    sandbox.moodle.site.touch(COURSE_A, TEACHER, 1_790_000_000)
    night()
    with engine.begin() as session:
        session.exec_driver_sql(withdrawn.format("active"))
    night()
    assert ("2", "CL00010") in done()


@pytest.mark.long
def test_a_client_who_is_known_only_later_is_asked_for_completion(night, engine, done):
    with engine.begin() as session:
        session.exec_driver_sql("update core.enrolments set closed_at = now() where client_code = 'CL00001'")
    night()
    assert ("2", "CL00001") not in done()
    with engine.begin() as session:
        session.exec_driver_sql("update core.enrolments set closed_at = null where client_code = 'CL00001'")
    night()
    assert ("2", "CL00001") in done()


def shows_no_groups(sandbox, mode=SEPARATE):
    """From now on the course is in groups, and the account may see its own alone, of which it has none."""
    sandbox.moodle.site.courses[COURSE_A]["groupmode"] = mode
    sandbox.moodle.site.withhold(Withheld.ALL_GROUPS)


def graded(sandbox):
    sandbox.moodle.site.set_grade(STUDENT, QUIZ, 9, LATER)
    sandbox.moodle.site.touch(COURSE_A, STUDENT, LATER)


@pytest.mark.long
def test_a_course_whose_groups_are_no_longer_seen_is_a_problem_that_night_and_nobody_is_taken_for_gone(
    night, sandbox, read, unit, withhold
):
    night()
    before = read("select * from mart.unit_results")
    shows_no_groups(sandbox)
    graded(sandbox)
    for _ in range(2):  # said every night until it is mended
        run_id, status = night()
        assert status == "incomplete"
        problems = read(
            f"select scope, problem_code, problem from mart.run_steps where run_id = '{run_id}' and problem is not null"
        )
        assert problems["scope"].tolist() == ["moodle_main/2"]
        assert "moodle/site:accessallgroups" in problems["problem"].iloc[0]
    assert len(read("select * from mart.unit_results")) == len(before)

    withhold(Withheld.ALL_GROUPS, really=False)
    assert night()[1] == "success"
    assert unit("E-1001-010", "BSBCMM211")[0] == "passed"


def test_groups_are_asked_for_only_in_a_course_whose_groups_do_not_see_each_other(night, sandbox, calls):
    night()
    calls()
    shows_no_groups(sandbox, VISIBLE)
    sandbox.moodle.site.changes += 1
    assert night()[1] == "success"


@pytest.mark.long
def test_learners_who_are_no_longer_shown_are_asked_by_their_reports_the_same_night(
    night, sandbox, withhold, listed, unit
):
    night()
    withhold(Withheld.DETAILS)
    graded(sandbox)
    night()
    assert listed("participants_not_shown") == ["2/", "3/", "4/"]
    assert unit("E-1001-010", "BSBCMM211")[0] == "passed"
