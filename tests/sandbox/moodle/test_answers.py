"""What was not recorded follows from what was."""

import pytest

from etl.sandbox.moodle.protocol import recording

GRADES = "gradereport_user_get_grade_items"
COMPLETION = "core_completion_get_course_completion_status"
ENROLLED = "core_enrol_get_enrolled_users"


def options(**named):
    fields = {}
    for index, (name, value) in enumerate(named.items()):
        fields |= {f"options[{index}][name]": name, f"options[{index}][value]": value}
    return fields


@pytest.mark.parametrize("course", [2, 3, 4])
def test_the_report_of_one_student_is_that_of_the_whole_course_report(ask, course):
    for report in ask(GRADES, courseid=course)["usergrades"]:
        assert ask(GRADES, courseid=course, userid=report["userid"])["usergrades"] == [report]


@pytest.mark.parametrize(("course", "user"), [(2, 40), (3, 7), (4, 7)])
def test_somebody_who_is_not_enrolled_has_a_report_of_nulls(ask, course, user):
    (report,) = ask(GRADES, courseid=course, userid=user)["usergrades"]
    assert report["userid"] == user
    assert {item["graderaw"] for item in report["gradeitems"]} == {None}


def test_every_active_student_of_a_course_with_criteria_has_a_completion(ask):
    for course in (2, 3):
        for report in ask(GRADES, courseid=course)["usergrades"]:
            status = ask(COMPLETION, courseid=course, userid=report["userid"])["completionstatus"]
            activities = all(one["complete"] for one in status["completions"] if one["type"] == 4)
            course_grade = any(one["complete"] for one in status["completions"] if one["type"] == 6)
            assert status["completed"] == (activities or course_grade)


def test_a_completion_that_was_not_recorded_follows_from_the_grades(ask):
    status = ask(COMPLETION, courseid=3, userid=26)["completionstatus"]
    assert not status["completed"]
    assert status["completions"][2]["status"] == "66.67 (70.00 required)"


def test_pages_of_enrolled_users_together_are_all_of_them(ask):
    everybody = ask(ENROLLED, courseid=3)
    pages = [ask(ENROLLED, courseid=3, **options(limitfrom=start, limitnumber=7)) for start in (0, 7, 14, 21)]
    assert [len(page) for page in pages] == [7, 7, 3, 0]
    assert [user for page in pages for user in page] == everybody


def test_userfields_cut_the_answer_to_id_full_name_and_what_was_asked_for(ask):
    users = ask(ENROLLED, courseid=3, **options(userfields="id,lastcourseaccess"))
    assert {tuple(user) for user in users} == {("id", "fullname", "lastcourseaccess")}


def test_onlyactive_leaves_out_students_without_an_active_enrolment_but_no_teacher(ask):
    active = {user["id"] for user in ask(ENROLLED, courseid=2, **options(onlyactive=1))}
    everybody = {user["id"] for user in ask(ENROLLED, courseid=2)}
    assert everybody - active == {12, 13, 14}
    assert 47 in active


@pytest.mark.parametrize("course", [2, 3, 4])
def test_courses_are_found_by_any_case_of_their_idnumber(ask, course):
    code = f"oCc-100{course - 1}"
    (found,) = ask("core_course_get_courses_by_field", field="idnumber", value=code)["courses"]
    assert found["id"] == course


def test_every_graded_activity_has_a_course_module(ask):
    for course in (2, 3, 4, 6):
        report = ask(GRADES, courseid=course)["usergrades"][0]
        cmids = [item["cmid"] for item in report["gradeitems"] if item["itemtype"] == "mod"]
        assert cmids
        for cmid in cmids:
            assert ask("core_course_get_course_module", cmid=cmid)["cm"]["course"] == course


def test_users_are_found_by_wildcards_within_a_value(ask):
    criteria = {"criteria[0][key]": "email", "criteria[0][value]": "alice.%@%.example"}
    found = ask("core_user_get_users", **criteria)["users"]
    assert {user["firstname"] for user in found} == {"Alice"}


@pytest.mark.parametrize(
    ("function", "params", "errorcode"),
    [
        (GRADES, {"courseid": 123456}, "invalidrecord"),
        (GRADES, {"courseid": "2; drop"}, "invalidparameter"),
        (GRADES, {"courseid": 2, "userid": 424242}, "invaliduser"),
        (COMPLETION, {"courseid": 3}, "invalidparameter"),
        (COMPLETION, {"courseid": 4, "userid": 36}, "nocriteriaset"),
        (COMPLETION, {"courseid": 3, "userid": 7}, "usernotenroled"),
        ("core_course_get_course_module", {"cmid": 4711}, "invalidrecordunknown"),
        ("core_unheard_of", {}, "invalidrecord"),
    ],
)
def test_errors_are_answered_as_recorded_with_the_ids_that_were_asked_for(
    respond, function, params, errorcode
):
    response = respond(function, **params)
    assert response.status_code == 200
    assert response.json()["errorcode"] == errorcode
    assert "999999" not in response.text


def test_an_unknown_path_is_not_found(sandbox, session):
    assert session.post(f"{sandbox.url}/moodle/nothing", timeout=5).status_code == 404


def test_writing_functions_answer_as_recorded(ask):
    new = {"enrolments[0][roleid]": 5, "enrolments[0][userid]": 7, "enrolments[0][courseid]": 5}
    assert ask("enrol_manual_enrol_users", **new) is None


def test_the_recording_knows_the_pass_grade_that_the_site_rounds():
    assert recording().gradepass[17] == 66.66667
