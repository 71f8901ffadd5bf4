"""The recorded site, written to: what it then holds, and what it lets through as a real one does."""

import time

import pytest
import requests

EMPTY_COURSE, TEMPLATE = 5, 4
NEW = {"username": "eve@x.example", "firstname": "Eve", "lastname": "New", "email": "eve@x.example"}


def fields(name, *rows):
    return {f"{name}[{n}][{key}]": value for n, row in enumerate(rows) for key, value in row.items()}


@pytest.fixture
def books(control):
    return lambda: control("GET", "moodle/books").json()


@pytest.fixture
def create(ask):
    def made(**differing):
        row = NEW | {"idnumber": "CL9", "createpassword": 1} | differing
        [user] = ask("core_user_create_users", **fields("users", row))
        return user["id"]

    return made


@pytest.fixture
def enrol(ask):
    def enrolled(user, course=EMPTY_COURSE, **more):
        row = {"roleid": 5, "userid": user, "courseid": course, **more}
        return ask("enrol_manual_enrol_users", **fields("enrolments", row))

    return enrolled


def test_nothing_keeps_a_second_account_with_the_same_idnumber_from_being_made(create, ask, books):
    first, second = create(), create(username="eve2", email="eve2@x.example")
    asked = {"criteria[0][key]": "idnumber", "criteria[0][value]": "CL9"}
    assert [user["id"] for user in ask("core_user_get_users", **asked)["users"]] == [first, second]
    assert books()["mailed"] == ["eve@x.example", "eve2@x.example"]


def test_one_bad_row_rolls_all_accounts_back_while_the_mails_are_out(ask, books):
    taken = NEW | {"username": "alice.smith1@student.example", "email": "other@x.example"}
    rows = [row | {"createpassword": 1} for row in (NEW, taken)]
    assert ask("core_user_create_users", **fields("users", *rows))["errorcode"] == "invalidparameter"
    found = ask(
        "core_user_get_users", **{"criteria[0][key]": "username", "criteria[0][value]": NEW["username"]}
    )
    assert found["users"] == []
    assert books()["mailed"] == [NEW["email"]]


def test_both_wildcards_of_like_find_more_than_was_asked_for(create, ask):
    user = create(idnumber="CLX0012")
    asked = {"criteria[0][key]": "idnumber", "criteria[0][value]": "CL_0012"}
    assert user in [one["id"] for one in ask("core_user_get_users", **asked)["users"]]


def test_a_site_without_debugging_says_no_reason(sandbox, ask):
    sandbox.moodle.site.books.shows_debuginfo = False
    answer = ask("core_user_create_users", **fields("users", NEW))
    assert answer["errorcode"] == "invalidparameter"
    assert "debuginfo" not in answer


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"id": 2, "firstname": "X"}, "usernotupdatedadmin"),
        ({"id": 1, "firstname": "X"}, "usernotupdatedguest"),
        ({"id": 8, "username": "alice.smith1@student.example"}, "dmlwriteexception"),
    ],
)
def test_what_is_not_changed_is_a_warning(change, code, ask):
    [warning] = ask("core_user_update_users", **fields("users", change))["warnings"]
    assert warning["warningcode"] == code


def test_a_malformed_value_sinks_the_rows_beside_it(ask):
    rows = {"id": 8, "firstname": "Renamed"}, {"id": 9, "lastname": "<b>"}
    assert ask("core_user_update_users", **fields("users", *rows))["errorcode"] == "invalidparameter"
    [user] = ask("core_user_get_users", **{"criteria[0][key]": "id", "criteria[0][value]": 8})["users"]
    assert user["firstname"] == "Ben"


def test_enrolling_again_overwrites_times_and_status(create, enrol, books):
    user = create()
    enrol(user, timestart=1790000000, timeend=1990000000, suspend=1)
    enrol(user)
    [kept] = books()["enrolments"]
    assert (kept["suspended"], kept["timestart"], kept["timeend"]) == (False, 0, 0)
    assert books()["created"] == {"accounts": 1, "enrolments": 1}


def test_whoever_was_made_and_enrolled_logs_in_is_graded_and_is_reported(create, enrol, ask, control):
    user, course = create(), 4
    entrance = f"moodle/entrance/{course}/{user}"
    assert control("GET", entrance).json() is False
    enrol(user, course)
    assert control("GET", entrance).json() is True
    modules = [m for section in ask("core_course_get_contents", courseid=course) for m in section["modules"]]
    cmid = next(module["id"] for module in modules if module["modname"] == "quiz")
    grade = {"userid": user, "cmid": cmid, "graderaw": 1, "gradedategraded": int(time.time())}
    assert control("POST", "moodle/grades", **grade).ok
    people = ask(
        "core_enrol_get_enrolled_users",
        courseid=course,
        **{"options[0][name]": "onlyactive", "options[0][value]": 1},
    )
    assert user in [person["id"] for person in people]
    reports = ask("gradereport_user_get_grade_items", courseid=course)["usergrades"]
    grades = {
        report["userid"]: {item.get("cmid"): item["graderaw"] for item in report["gradeitems"]}
        for report in reports
    }
    assert grades[user][cmid] == 1
    assert [user for user, items in grades.items() if items[cmid] == 1].count(user) == 1


@pytest.mark.parametrize("ended", [{"suspend": 1}, {"timestart": 4000000000}, {"timeend": 1000000000}])
def test_an_enrolment_that_does_not_run_is_not_reported(ended, create, enrol, ask, control):
    user = create()
    enrol(user, 4)
    enrol(user, 4, **ended)
    reports = ask("gradereport_user_get_grade_items", courseid=4)["usergrades"]
    assert user not in [report["userid"] for report in reports]
    assert control("GET", f"moodle/entrance/4/{user}").json() is False


def test_unenrolling_takes_a_teacher_out_too(ask):
    [teacher] = [
        person["id"]
        for person in ask("core_enrol_get_enrolled_users", courseid=2)
        if person["roles"] and person["roles"][0]["shortname"] != "student"
    ]
    ask("enrol_manual_unenrol_users", **fields("enrolments", {"userid": teacher, "courseid": 2}))
    assert teacher not in [person["id"] for person in ask("core_enrol_get_enrolled_users", courseid=2)]


def test_each_import_adds_every_activity_again_and_all_can_be_graded(ask, create, enrol, control, books):
    def modules(course):
        return [
            module for part in ask("core_course_get_contents", courseid=course) for module in part["modules"]
        ]

    enrol(create(), EMPTY_COURSE)
    template = modules(TEMPLATE)
    for times in (1, 2):
        assert ask("core_course_import_course", importfrom=TEMPLATE, importto=EMPTY_COURSE) is None
        assert len({module["id"] for module in modules(EMPTY_COURSE)}) == times * len(template)
    [report] = ask("gradereport_user_get_grade_items", courseid=EMPTY_COURSE)["usergrades"]
    cmid = next(module["id"] for module in modules(EMPTY_COURSE) if module["modname"] == "quiz")
    assert sum(item.get("cmid") == cmid for item in report["gradeitems"]) == 1
    assert ask("core_course_get_course_module", cmid=cmid)["cm"]["course"] == EMPTY_COURSE
    assert books()["imports"] == [[TEMPLATE, EMPTY_COURSE]] * 2


def test_a_new_course_without_dates_and_visibility_gets_the_sites_own(ask):
    row = {"fullname": "A course", "shortname": "A1", "categoryid": 1, "startdate": 1790000000}
    [made] = ask("core_course_create_courses", **fields("courses", row))
    [course] = ask("core_course_get_courses_by_field", field="id", value=made["id"])["courses"]
    assert (course["enddate"] > 1790000000, course["visible"]) == (True, 1)
    assert ask("core_course_get_contents", courseid=made["id"])[0]["modules"] == []


def test_an_update_touches_the_course_though_nothing_changes(ask):
    def course():
        return ask("core_course_get_courses_by_field", field="id", value=2)["courses"][0]

    before = course()
    ask("core_course_update_courses", **fields("courses", {"id": 2, "visible": before["visible"]}))
    assert course()["timemodified"] > before["timemodified"]


@pytest.mark.parametrize(
    ("function", "given"),
    [
        ("core_user_create_users", fields("users", NEW | {"createpassword": 1})),
        ("enrol_manual_enrol_users", fields("enrolments", {"roleid": 5, "userid": 7, "courseid": 5})),
        ("core_course_import_course", {"importfrom": 4, "importto": 5}),
    ],
)
def test_what_was_done_stays_done_when_its_answer_is_lost(function, given, sandbox, respond, books):
    before = books()
    sandbox.faults.add("moodle", "lost_answer", operation=function)
    with pytest.raises(requests.ConnectionError):
        respond(function, **given)
    assert books() != before


def test_a_role_that_lacks_a_right_writes_nothing(ask, control, books):
    before = books()
    control("PUT", "moodle/lacking/core_course_import_course")
    answer = ask("core_course_import_course", importfrom=4, importto=5)
    assert answer["errorcode"] == "nopermissions"
    assert books() == before
