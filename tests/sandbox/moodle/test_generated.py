"""A generated site: the same from the same seed, in the recorded shapes, changing by the night."""

import csv
import json
from collections.abc import Mapping

import pytest

from etl.sandbox import accounts
from etl.sandbox.moodle.generated_reference import unit_codes, write_reference
from etl.sandbox.moodle.generated_site import GeneratedSettings, GeneratedSite
from etl.sandbox.moodle.protocol import recording

GRADES = "gradereport_user_get_grade_items"
TOKEN = accounts.GENERATED_TOKEN
SMALL = GeneratedSettings(courses=3, students=40, activities=7, changed=0.1)


@pytest.fixture
def site(sandbox):
    return sandbox.generated.configure(**vars(SMALL))


def shape(value):
    """Keys and types of an answer, whatever its values."""
    if isinstance(value, Mapping):
        return {key: shape(one) for key, one in value.items()}
    return "list" if isinstance(value, list) else "text" if isinstance(value, str) else "other"


def reports(site, course=2):
    return {report["userid"]: report for report in json.loads(site.grade_items(course))["usergrades"]}


def test_the_same_settings_give_the_same_bytes_and_another_seed_gives_others():
    one, same, other = (GeneratedSite(GeneratedSettings(seed=seed)) for seed in (1, 1, 2))
    assert one.grade_items(2) == same.grade_items(2) != other.grade_items(2)


def test_the_site_is_as_large_as_it_was_asked_to_be(ask, site):
    assert len(ask("core_course_get_courses_by_field", TOKEN)["courses"]) == 3
    answer = ask(GRADES, TOKEN, courseid=2)
    assert len(answer["usergrades"]) == 40
    items = [item for report in answer["usergrades"] for item in report["gradeitems"]]
    assert sum(item["itemtype"] == "mod" for item in items) == 280


def test_ids_of_different_courses_do_not_overlap(site):
    users = [user for course in site.course_ids for user in (*site.user_ids(course), site.teacher_id(course))]
    cmids = [cmid for course in site.course_ids for cmid in site.cmids(course)]
    assert len(set(users)) == len(users) == 3 * 41
    assert len(set(cmids)) == len(cmids) == 3 * 7


def test_answers_have_the_recorded_shapes(ask, site):
    recorded = recording().value
    user = site.user_ids(2)[0]
    module = ask("core_course_get_course_module", TOKEN, cmid=2)
    assert shape(module) == shape(recorded("core_course_get_course_module__A2_assign"))
    users = ask("core_enrol_get_enrolled_users", TOKEN, courseid=2)
    assert shape(users[0]) == shape(recorded("core_enrol_get_enrolled_users__course_c")[0])
    items = [item for report in reports(site).values() for item in report["gradeitems"] if "cmid" in item]
    for case, ungraded in (("a_user01", False), ("a_user09", True)):
        like = recorded(f"{GRADES}__{case}")["usergrades"][0]["gradeitems"][0]
        keys = {tuple(item) for item in items if (item["graderaw"] is None) == ungraded}
        assert keys == {tuple(like)}
    completion = "core_completion_get_course_completion_status"
    status = ask(completion, TOKEN, courseid=2, userid=user)["completionstatus"]
    assert shape(status) == shape(recorded(f"{completion}__a_user01")["completionstatus"])
    info = ask("core_webservice_get_site_info", TOKEN)
    assert shape(info) == shape(recorded("core_webservice_get_site_info__happy"))


def test_the_verdict_agrees_with_grade_and_pass_grade(ask, site):
    passes = {
        cmid: float(ask("core_course_get_course_module", TOKEN, cmid=cmid)["cm"]["gradepass"])
        for cmid in site.cmids(2)
    }
    assert 0.0 in passes.values()
    for report in reports(site).values():
        for item in report["gradeitems"]:
            if item["graderaw"] is not None:
                wanted = passes[item["cmid"]]
                verdict = (
                    "" if not wanted else "text-success" if item["graderaw"] >= wanted else "text-danger"
                )
                assert ("text-" in item["gradeformatted"]) == bool(verdict)
                assert verdict in item["gradeformatted"]


def test_the_report_of_one_student_is_that_of_the_whole_course_report(ask, site):
    for user, report in reports(site, 3).items():
        assert ask(GRADES, TOKEN, courseid=3, userid=user)["usergrades"] == [report]


def test_a_completed_course_has_its_first_activities_passed(ask, site):
    seen = set()
    for user, report in reports(site).items():
        status = ask("core_completion_get_course_completion_status", TOKEN, courseid=2, userid=user)
        completed = status["completionstatus"]["completed"]
        first = report["gradeitems"][:3]
        passed = [i["graderaw"] is not None and "text-danger" not in i["gradeformatted"] for i in first]
        assert completed == all(passed)
        seen.add(completed)
    assert seen == {True, False}


def test_pages_of_enrolled_users_end_with_the_teacher(ask, site):
    def page(start):
        options = {"options[0][name]": "limitfrom", "options[0][value]": start}
        options |= {"options[1][name]": "limitnumber", "options[1][value]": 30}
        return ask("core_enrol_get_enrolled_users", TOKEN, courseid=2, **options)

    pages = [page(0), page(30), page(60)]
    assert [len(one) for one in pages] == [30, 11, 0]
    assert pages[1][-1]["roles"][0]["shortname"] == "editingteacher"


def test_a_later_night_changes_the_grades_and_the_access_of_the_students_it_names(sandbox, site):
    later = sandbox.generated.configure(night=1)
    named = {user for course, user in later.changed_students(1) if course == 2}
    before, after = reports(site), reports(later)
    assert {user for user in before if before[user] != after[user]} == named
    access = [
        {u["id"]: u["lastcourseaccess"] for u in json.loads(s.enrolled_users(2))} for s in (site, later)
    ]
    assert {user for user in access[0] if access[0][user] != access[1][user]} == named
    assert 0 < len(named) < 12


def test_nights_add_up(site):
    second = GeneratedSite(GeneratedSettings(**{**vars(SMALL), "night": 2}))
    named = {user for night in (1, 2) for course, user in second.changed_students(night) if course == 2}
    before, after = reports(site), reports(second)
    assert {user for user in before if before[user] != after[user]} == named


def test_a_night_without_changes_is_the_night_before():
    quiet = GeneratedSite(GeneratedSettings(night=3, changed=0))
    assert quiet.grade_items(2) == GeneratedSite(GeneratedSettings()).grade_items(2)


def test_size_and_night_are_changed_over_http(ask, control):
    settings = control("POST", "generated/settings", students=5, night=2, completion=False).json()
    assert (settings["students"], settings["night"], settings["courses"]) == (5, 2, 4)
    assert len(ask(GRADES, TOKEN, courseid=5)["usergrades"]) == 5
    answer = ask("core_completion_get_course_completion_status", TOKEN, courseid=2, userid=1001)
    assert answer["errorcode"] == "cannotviewreport"


@pytest.mark.parametrize(
    ("function", "params", "errorcode"),
    [
        (GRADES, {"courseid": 77}, "invalidrecord"),
        (GRADES, {"courseid": "x"}, "invalidparameter"),
        (GRADES, {"courseid": 2, "userid": 3}, "invaliduser"),
        ("core_course_get_course_module", {"cmid": 99999}, "invalidrecordunknown"),
        ("core_course_get_course_module", {"cmid": -5}, "invalidrecordunknown"),
        ("core_course_get_categories", {}, "accessexception"),
    ],
)
def test_errors_are_those_of_the_recorded_site(ask, function, params, errorcode):
    assert ask(function, TOKEN, **params)["errorcode"] == errorcode


def test_another_token_is_invalid(sandbox, session):
    form = {"wstoken": accounts.MOODLE_TOKEN, "wsfunction": GRADES, "moodlewsrestformat": "json"}
    answer = session.post(f"{sandbox.url}/generated/webservice/rest/server.php", data=form, timeout=5).json()
    assert answer["errorcode"] == "invalidtoken"


def test_the_reference_set_fits_the_site(tmp_path, ask, site):
    write_reference(tmp_path, site)
    tables = {path.stem: list(csv.DictReader(path.open(encoding="utf-8"))) for path in tmp_path.iterdir()}
    assert {name: len(rows) for name, rows in tables.items()} == {
        "sources": 1,
        "clients": 120,
        "occurrences": 3,
        "units": 3,
        "enrolments": 120,
        "enrolment_units": 360,
        "activity_links": 21,
    }
    codes = {row["client_code"] for row in tables["clients"]}
    users = [
        user
        for course in site.course_ids
        for user in ask("core_enrol_get_enrolled_users", TOKEN, courseid=course)
    ]
    students = [user for user in users if user["roles"][0]["shortname"] == "student"]
    assert (
        {user["idnumber"] for user in students}
        == codes
        == {row["client_code"] for row in tables["enrolments"]}
    )
    idnumbers = {course["idnumber"] for course in ask("core_course_get_courses_by_field", TOKEN)["courses"]}
    assert {row["occurrence_code"] for row in tables["occurrences"]} == idnumbers
    assert {int(row["activity_id"]) for row in tables["activity_links"]} == {
        c for i in site.course_ids for c in site.cmids(i)
    }
    assert {row["unit_code"] for row in tables["enrolment_units"]} == set(unit_codes(site))
