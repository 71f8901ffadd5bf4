"""A token decides what its owner gets to see."""

import pytest

from etl.sandbox import accounts

INFO = "core_webservice_get_site_info"
GRADES = "gradereport_user_get_grade_items"
BY_FIELD = "core_course_get_courses_by_field"


def test_an_expired_token_is_refused_once_and_unknown_from_then_on(ask):
    codes = [ask(INFO, accounts.MOODLE_TOKEN_EXPIRED)["errorcode"] for _ in range(3)]
    assert codes == ["accessexception", "invalidtoken", "invalidtoken"]


@pytest.mark.parametrize(
    ("token", "reason"),
    [
        (accounts.MOODLE_TOKEN_IP_RESTRICTED, "is not supported"),
        (accounts.MOODLE_TOKEN_UNAUTHORISED, f"the function {GRADES}() is not allowed"),
        (accounts.MOODLE_TOKEN_NO_REST, "webservice/rest:use"),
    ],
)
def test_a_token_that_may_not_be_used_says_why(ask, token, reason):
    answer = ask(GRADES, token, courseid=2)
    assert answer["errorcode"] == "accessexception"
    assert reason in answer["debuginfo"]


def test_an_unknown_token_is_invalid(ask):
    assert ask(INFO, "nobody's")["errorcode"] == "invalidtoken"


@pytest.mark.parametrize(
    ("function", "params", "errorcode"),
    [
        (GRADES, {"courseid": 3}, "requireloginerror"),
        ("core_enrol_get_enrolled_users", {"courseid": 3}, "errorcoursecontextnotvalid"),
        ("core_completion_get_course_completion_status", {"courseid": 3, "userid": 20}, "requireloginerror"),
        ("core_course_get_course_module", {"cmid": 12}, "requireloginerror"),
    ],
)
def test_a_user_without_capabilities_reads_nothing(respond, function, params, errorcode):
    response = respond(function, accounts.MOODLE_TOKEN_WEAK, **params)
    assert response.json()["errorcode"] == errorcode
    assert "course id:2" not in response.text


def test_without_course_update_the_idnumber_vanishes_and_hidden_courses_with_it(ask):
    (course,) = ask(BY_FIELD, accounts.MOODLE_TOKEN_WEAK, field="idnumber", value="OCC-1002")["courses"]
    assert "idnumber" not in course
    assert ask(BY_FIELD, accounts.MOODLE_TOKEN_LIMITED, field="id", value=6)["courses"] == []


def test_the_limited_role_silently_loses_activities_and_hidden_grades(ask):
    full, limited = (
        {
            item.get("cmid")
            for report in ask(GRADES, token, courseid=course)["usergrades"]
            for item in report["gradeitems"]
        }
        for token, course in ((accounts.MOODLE_TOKEN, 3), (accounts.MOODLE_TOKEN_LIMITED, 3))
    )
    assert full - limited == {16}
    items = ask(GRADES, accounts.MOODLE_TOKEN_LIMITED, courseid=2, userid=20)["usergrades"][0]["gradeitems"]
    assert {2, 7}.isdisjoint({item.get("cmid") for item in items})


def test_the_limited_role_sees_no_pass_grade_and_no_mail_address(ask):
    cm = ask("core_course_get_course_module", accounts.MOODLE_TOKEN_LIMITED, cmid=3)["cm"]
    assert cm["name"] == "Assessment 2: Knowledge quiz"
    assert "gradepass" not in cm
    users = ask("core_enrol_get_enrolled_users", accounts.MOODLE_TOKEN_LIMITED, courseid=2)
    assert all("email" not in user for user in users)


def test_one_hidden_course_fails_get_courses_for_the_limited_role(ask):
    assert (
        ask("core_course_get_courses", accounts.MOODLE_TOKEN_LIMITED)["errorcode"]
        == "errorcoursecontextnotvalid"
    )


def test_user_name_and_password_buy_the_full_token(sandbox, session):
    form = {"username": accounts.MOODLE_USERNAME, "password": accounts.MOODLE_PASSWORD}
    form["service"] = accounts.MOODLE_SERVICE
    url = f"{sandbox.url}/moodle/login/token.php"
    assert session.post(url, data=form, timeout=5).json()["token"] == accounts.MOODLE_TOKEN
    assert session.post(url, data=form | {"password": "x"}, timeout=5).json()["errorcode"] == "invalidlogin"
    assert session.post(url, data=form | {"username": "y"}, timeout=5).json()["errorcode"] == "invalidlogin"
    assert session.post(url, data={}, timeout=5).json()["errorcode"] == "missingparam"
