"""A site that changes between two nights."""

import pytest

GRADES = "gradereport_user_get_grade_items"
COMPLETION = "core_completion_get_course_completion_status"
DAY_LATER = 1_795_400_000


@pytest.fixture
def item(ask):
    def find(course, user, cmid):
        (report,) = ask(GRADES, courseid=course, userid=user)["usergrades"]
        return next(item for item in report["gradeitems"] if item.get("cmid") == cmid)

    return find


def grade(control, user, cmid, raw):
    return control("POST", "moodle/grades", userid=user, cmid=cmid, graderaw=raw, gradedategraded=DAY_LATER)


def test_grading_everybody_as_they_were_graded_changes_nothing(sandbox, respond):
    before = [respond(GRADES, courseid=course).content for course in (2, 3, 4)]
    site = sandbox.moodle.site
    for course in (2, 3, 4):
        for user, report in site.reports[course].items():
            for one in [one for one in report["gradeitems"] if "cmid" in one]:
                site.set_grade(user, one["cmid"], one["graderaw"], one["gradedategraded"])
    assert [respond(GRADES, courseid=course).content for course in (2, 3, 4)] == before


@pytest.mark.parametrize(
    ("raw", "shown", "verdict"),
    [
        (7.5, "7.50", "fa-check text-success"),
        (7.49999, "7.50", "fa-xmark text-danger"),
        (10, "10.00", "fa-check"),
    ],
)
def test_a_grade_is_shown_with_the_site_s_verdict(control, item, raw, shown, verdict):
    grade(control, 15, 3, raw).raise_for_status()
    graded = item(2, 15, 3)
    assert (graded["graderaw"], graded["gradedategraded"]) == (raw, DAY_LATER)
    assert graded["gradeformatted"].endswith(shown)
    assert verdict in graded["gradeformatted"]


def test_a_scale_is_shown_in_words(control, item):
    grade(control, 15, 10, 2).raise_for_status()
    assert item(2, 15, 10)["gradeformatted"].endswith(">Competent")


def test_a_hidden_grade_has_no_verdict(control, item):
    grade(control, 20, 2, 90).raise_for_status()
    assert item(2, 20, 2)["gradeformatted"] == "90.00"


def test_the_last_missing_activity_completes_the_course(ask, control):
    grade(control, 9, 3, 9).raise_for_status()
    status = ask(COMPLETION, courseid=2, userid=9)["completionstatus"]
    assert status["completed"]
    assert max(criterion["timecompleted"] for criterion in status["completions"]) == DAY_LATER


def test_a_lower_grade_takes_the_completion_back(ask, control):
    grade(control, 7, 3, 1).raise_for_status()
    assert not ask(COMPLETION, courseid=2, userid=7)["completionstatus"]["completed"]


@pytest.mark.parametrize("user", [7, 47])
def test_a_visit_of_a_student_or_a_teacher_is_seen_in_the_enrolled_users(ask, control, user):
    control("POST", "moodle/access", courseid=2, userid=user, lastcourseaccess=DAY_LATER).raise_for_status()
    users = ask("core_enrol_get_enrolled_users", courseid=2)
    assert [row["id"] for row in users if row["lastcourseaccess"]] == [user]


def test_a_removed_course_is_gone_from_every_function(ask, control):
    control("DELETE", "moodle/courses/3").raise_for_status()
    assert ask("core_course_get_courses_by_field", field="idnumber", value="OCC-1002")["courses"] == []
    assert ask("core_course_get_courses", **{"options[ids][0]": 3}) == []
    assert ask(GRADES, courseid=3)["errorcode"] == "invalidrecord"
    assert ask("core_enrol_get_enrolled_users", courseid=3)["errorcode"] == "invalidrecord"
    assert ask("core_course_get_course_module", cmid=12)["errorcode"] == "invalidrecordunknown"


def test_an_activity_that_the_role_may_no_longer_view_is_lost_without_a_word(ask, control, item):
    control("DELETE", "moodle/activities/3").raise_for_status()
    for report in ask(GRADES, courseid=2)["usergrades"]:
        assert 3 not in [one.get("cmid") for one in report["gradeitems"]]
    assert ask("core_course_get_course_module", cmid=3)["errorcode"] == "requireloginerror"


def test_a_function_taken_out_of_the_service_is_gone_from_site_info_and_refused(ask, control):
    control("DELETE", f"moodle/functions/{GRADES}").raise_for_status()
    names = [row["name"] for row in ask("core_webservice_get_site_info")["functions"]]
    assert len(names) == 16
    assert GRADES not in names
    assert ask(GRADES, courseid=2)["errorcode"] == "accessexception"


@pytest.mark.parametrize(("user", "cmid"), [(4711, 3), (7, 4711), (7, 12), (7, 8)])
def test_what_is_not_there_cannot_be_graded(control, user, cmid):
    assert grade(control, user, cmid, 5).status_code == 404


def test_a_reset_brings_the_recorded_site_back(respond, control):
    before = respond(GRADES, courseid=2).content
    grade(control, 15, 3, 9)
    assert respond(GRADES, courseid=2).content != before
    control("POST", "reset").raise_for_status()
    assert respond(GRADES, courseid=2).content == before
