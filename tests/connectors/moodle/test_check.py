"""The connection test names what is missing, also what the site leaves out without a word."""

from collections.abc import Callable

import pytest

from etl.connectors.moodle import check_course
from etl.connectors.moodle.check import READING, check
from etl.connectors.moodle.writing.check import FUNCTIONS
from etl.connectors.moodle.writing.client import MoodleWriter
from etl.sandbox import accounts
from etl.sandbox.moodle import changes
from etl.sandbox.moodle.groups import SEPARATE
from etl.sandbox.moodle.protocol import recording
from etl.sandbox.moodle.withheld import Withheld
from etl.sandbox.moodle.writing.functions import WRITES
from etl.sandbox.server import Sandbox
from etl.transform.reasons import REASONS
from tests.fixtures.http_peer import Answer, Asked, Peer

Build = Callable[..., MoodleWriter]
MAPPED = {
    "2": ["1", "2", "3", "4", "5", "6", "7", "9", "10"],
    "3": ["12", "13", "14", "15", "16", "17"],
    "4": ["19", "20", "21", "22", "23"],
}
NO_PERMISSION = Answer(b'{"exception":"x","errorcode":"nopermissions","message":"x"}')


def test_a_complete_set_up_is_called_so(site: str, client_of: Build) -> None:
    report = check(client_of(site), MAPPED)
    assert report.ok
    assert report.lines == [
        "Site: Peer RTO Moodle 4.5, release 4.5.6 (Build: 20250811)",
        "Functions: all 6 that read are there",
        "Course 4 has no completion conditions",
        "Nothing is missing for reading results.",
    ]


@pytest.mark.parametrize("function", READING[1:])
def test_a_missing_function_for_reading_is_a_problem(
    function: str, site: str, client_of: Build, sandbox: Sandbox
) -> None:
    sandbox.moodle.site.removed_functions.add(function)
    report = check(client_of(site), MAPPED)
    assert not report.ok
    assert f"Missing function, needed for reading results: {function}" in report.lines


def test_what_only_writing_needs_is_no_matter_where_nothing_is_written(
    site: str, client_of: Build, sandbox: Sandbox
) -> None:
    before = check(client_of(site), MAPPED).lines
    sandbox.moodle.site.removed_functions.update(FUNCTIONS)
    sandbox.moodle.site.books.lacking.update(WRITES)
    assert check(client_of(site), MAPPED).lines == before


@pytest.mark.parametrize(
    ("capability", "places"),
    [
        ("moodle/course:update", "course 2, course 3, course 4"),
        ("moodle/site:viewuseridentity", "course 2, course 3, course 4"),
        ("moodle/course:manageactivities", "activity 1 of course 2"),
        ("mod/...:view", "activity 7 of course 2"),
        ("mod/assign:view or moodle/grade:viewhidden", "activity 16 of course 3"),
    ],
)
def test_what_a_weaker_role_loses_silently_is_named(
    capability: str, places: str, site: str, client_of: Build
) -> None:
    report = check(client_of(site, accounts.MOODLE_TOKEN_LIMITED), MAPPED)
    assert not report.ok
    assert [line for line in report.lines if capability in line and f"({places}" in line]


def test_a_hidden_course_is_not_shown_to_a_weaker_role(site: str, client_of: Build) -> None:
    assert check(client_of(site), {"6": ["24"]}).ok
    report = check(client_of(site, accounts.MOODLE_TOKEN_LIMITED), {"6": ["24"]})
    assert any("Course 6 is not shown" in line and "viewhiddencourses" in line for line in report.lines)


def test_a_role_without_any_right_is_told_for_each_course(site: str, client_of: Build) -> None:
    report = check(client_of(site, accounts.MOODLE_TOKEN_WEAK), MAPPED)
    assert not report.ok
    assert [line[:21] for line in report.lines if "no access" in line] == [
        f"Problem with course {course}" for course in MAPPED
    ]


def test_what_is_mapped_to_nothing_is_told(site: str, client_of: Build) -> None:
    report = check(client_of(site), {"2": ["8", "999"], "77": []})
    assert not report.ok
    text = "\n".join(report.lines)
    assert "Course 77 is not shown: it is gone" in text
    assert "activity 8 of course 2: activities of type page cannot be mapped" in text
    assert f"Problem with activity 999 of course 2: {REASONS['activity_missing']}" in text


def test_a_course_without_students_is_not_called_tested(site: str, client_of: Build) -> None:
    report = check(client_of(site), {"5": []})
    assert report.ok
    assert "Course 5 has no active student: its activities are not tested" in report.lines


def test_a_refused_token_is_the_whole_report(site: str, client_of: Build) -> None:
    report = check(client_of(site, "unknown"), MAPPED)
    assert not report.ok
    assert len(report.lines) == 1
    assert "invalidtoken" in report.lines[0]


@pytest.fixture
def odd_site(peer: Peer) -> Callable[[dict[str, Answer]], Peer]:
    """Recorded answers for course 2 and activity 2, except for what a test overrules by function."""
    names = {
        "core_webservice_get_site_info": "happy",
        "core_course_get_courses_by_field": "all",
        "core_enrol_get_enrolled_users": "happy",
        "core_course_get_course_module": "A2_assign",
        "gradereport_user_get_grade_items": "a_user01",
        "core_completion_get_course_completion_status": "a_user01",
    }

    def build(overruled: dict[str, Answer]) -> Peer:
        def respond(asked: Asked) -> Answer:
            function = asked.form["wsfunction"]
            refused = overruled.get(function)
            if refused and asked.form.get("options[1][value]", "1") == "1":  # onlyactive
                return refused
            return Answer(recording().exchanges[f"{function}__{names[function]}"].body.encode())

        peer.respond = respond
        return peer

    return build


@pytest.mark.parametrize(
    ("function", "answer", "words"),
    [
        ("core_enrol_get_enrolled_users", NO_PERMISSION, "capability moodle/course:enrolreview"),
        ("gradereport_user_get_grade_items", NO_PERMISSION, "capability gradereport/user:view"),
        (
            "gradereport_user_get_grade_items",
            Answer(b'{"errorcode":"nopermissiontoviewgrades"}'),
            "moodle/grade:viewall",
        ),
        (
            "gradereport_user_get_grade_items",
            Answer(b'{"usergrades":[{"userid":7,"gradeitems":[{"itemtype":"mod","cmid":2}]}]}'),
            "1 grade records are not readable",
        ),
        (
            "gradereport_user_get_grade_items",
            Answer(b'{"errorcode":"codingerror","exception":"coding_exception","message":"x"}'),
            "error codingerror",
        ),
        (
            "gradereport_user_get_grade_items",
            Answer(b"<br /><b>Notice</b>"),
            "HTML instead of JSON: a message of PHP",
        ),
        ("core_completion_get_course_completion_status", NO_PERMISSION, "report/completion:view"),
        ("core_enrol_get_enrolled_users", Answer(b'[{"id":7,"email":"x"}]'), "shows an idnumber"),
        ("core_course_get_courses_by_field", Answer(b"<html>"), "HTML instead of JSON: look at this address"),
        (
            "core_completion_get_course_completion_status",
            Answer(b'{"errorcode":"cannotviewreport"}'),
            "report/completion:view: completion is not shown",
        ),
    ],
)
def test_a_refusal_names_the_capability(
    function: str,
    answer: Answer,
    words: str,
    odd_site: Callable[[dict[str, Answer]], Peer],
    client_of: Build,
) -> None:
    peer = odd_site({function: answer})
    report = check(client_of(peer.url, extra={"wait_limit": 0}), {"2": ["2"]})
    assert words in "\n".join(report.lines)
    if "codingerror" in words:
        assert "Missing capability" not in "\n".join(report.lines)


@pytest.mark.parametrize(
    ("what", "words"),
    [
        (Withheld.COURSE_TOTAL, "The course total is not shown"),
        (Withheld.HIDDEN_GRADES, "moodle/grade:viewhidden"),
        (Withheld.DETAILS, "Missing capability moodle/user:viewdetails"),
        (Withheld.ROLES, "The roles of participants are not shown"),
        (Withheld.LAST_ACCESS, "setting hiddenuserfields"),
        (Withheld.COURSE_SETTINGS, "Missing capability moodle/course:update"),
        (Withheld.PASS_GRADES, "Missing capability moodle/course:manageactivities"),
        (Withheld.GRADE_COLUMN, "does its user report show the grade?"),
        (Withheld.COMPLETION, "Missing capability report/completion:view"),
    ],
)
def test_each_capability_and_setting_that_makes_something_vanish_is_named(
    what: Withheld, words: str, site: str, client_of: Build, sandbox: Sandbox
) -> None:
    sandbox.moodle.site.withhold(what)
    report = check(client_of(site), MAPPED)
    assert not report.ok
    assert words in "\n".join(report.lines)
    assert "Nothing is missing" not in "\n".join(report.lines)


def test_a_course_in_separate_groups_that_the_account_may_not_see_is_named(
    site: str, client_of: Build, sandbox: Sandbox
) -> None:
    sandbox.moodle.site.courses[2]["groupmode"] = SEPARATE
    sandbox.moodle.site.changes += 1
    assert check(client_of(site), MAPPED).ok
    sandbox.moodle.site.withhold(Withheld.ALL_GROUPS)
    lines = "\n".join(check(client_of(site), MAPPED).lines)
    assert "Missing capability moodle/site:accessallgroups" in lines


def test_grades_that_are_hidden_of_single_learners_are_named(
    site: str, client_of: Build, sandbox: Sandbox
) -> None:
    items = sandbox.moodle.site.reports[2][20]["gradeitems"]
    items[:] = [item for item in items if item.get("cmid") != 3]
    report = check(client_of(site), {"2": ["2", "3"]})
    assert not report.ok
    expected = "Missing capability moodle/grade:viewhidden: grades of some learners are hidden (activity 3 of course 2)"
    assert expected in report.lines


def test_how_learners_with_another_role_are_told_is_said(
    site: str, client_of: Build, sandbox: Sandbox
) -> None:
    changes.rename_role(sandbox.moodle.site, "cursist")
    report = check(client_of(site), {"2": ["2"]})
    assert report.ok
    line = "No learner has the role student here: learners are told by their grade report (course 2)"
    assert line in report.lines


def test_a_course_that_keeps_no_completion_is_a_note(site: str, client_of: Build, sandbox: Sandbox) -> None:
    sandbox.moodle.site.withhold(Withheld.COMPLETION)
    sandbox.moodle.site.courses[2]["enablecompletion"] = 0
    report = check(client_of(site), {"2": ["2"]})
    assert report.ok
    assert "Course 2 keeps no completion (a setting of the course)" in report.lines


def test_a_large_course_is_looked_at_by_a_few_learners(
    site: str, client_of: Build, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(check_course, "_SMALL", 10)
    assert check(client_of(site), {"2": ["2"]}).ok
    assert sandbox.counters.of("moodle")["gradereport_user_get_grade_items"] == 3


def test_a_fault_of_one_course_does_not_stop_the_test_of_the_others(
    site: str, client_of: Build, sandbox: Sandbox
) -> None:
    sandbox.faults.add("moodle", "html", where={"courseid": "2"}, count=None)
    sandbox.moodle.site.withhold(Withheld.PASS_GRADES)
    text = "\n".join(check(client_of(site), MAPPED).lines)
    assert "Problem with course 2: " in text
    assert "pass grades are not shown (activity 12 of course 3" in text


def test_a_course_on_which_points_hang_and_that_nobody_can_complete_is_a_problem(
    site: str, client_of: Build, sandbox: Sandbox
) -> None:
    report = check(client_of(site), {"4": []}, counted={"4"})
    assert not report.ok
    expected = (
        "Course 4 has no completion conditions: nobody can complete it, though points or a competence hang"
    )
    assert f"{expected} on that" in report.lines


def test_a_fault_of_one_activity_does_not_stop_the_test_of_the_others(
    site: str, client_of: Build, sandbox: Sandbox
) -> None:
    sandbox.faults.add("moodle", "html", where={"cmid": "1"}, count=None)
    sandbox.moodle.site.withhold(Withheld.PASS_GRADES)
    text = "\n".join(check(client_of(site), {"2": ["1", "2"]}).lines)
    assert "Problem with activity 1 of course 2: " in text
    assert "pass grades are not shown (activity 2 of course 2)" in text
