"""The connection test names what is missing, also what the site leaves out without a word."""

from collections.abc import Callable

import pytest
from http_peer import Answer, Asked, Peer

from etl.extract.moodle import MoodleClient
from etl.extract.moodle_check import READING, WRITING, check
from etl.sandbox import accounts
from etl.sandbox.moodle_protocol import recording
from etl.sandbox.server import Sandbox
from etl.transform.reasons import REASONS

Build = Callable[..., MoodleClient]
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
        "Functions: all 17 are there",
        "Course 4 has no completion conditions",
        "Nothing is missing for reading results.",
    ]


def test_the_seventeen_functions_are_those_of_the_service() -> None:
    offered = recording().value("core_webservice_get_site_info__happy")["functions"]
    assert {*READING, *WRITING} == {function["name"] for function in offered}


@pytest.mark.parametrize("function", READING[1:])
def test_a_missing_function_for_reading_is_a_problem(
    function: str, site: str, client_of: Build, sandbox: Sandbox
) -> None:
    sandbox.moodle.site.removed_functions.add(function)
    report = check(client_of(site), MAPPED)
    assert not report.ok
    assert f"Missing function, needed for reading results: {function}" in report.lines


@pytest.mark.parametrize("function", WRITING)
def test_a_missing_function_for_writing_only_is_a_note(
    function: str, site: str, client_of: Build, sandbox: Sandbox
) -> None:
    sandbox.moodle.site.removed_functions.add(function)
    report = check(client_of(site), {"2": ["2"]})
    assert report.ok
    assert f"Missing function, needed only for writing to Moodle: {function}" in report.lines


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
        ("core_completion_get_course_completion_status", NO_PERMISSION, "report/completion:view"),
        ("core_enrol_get_enrolled_users", Answer(b'[{"id":7,"email":"x"}]'), "shows an idnumber"),
        ("core_course_get_courses_by_field", Answer(b"<html>"), "HTML instead of JSON"),
        (
            "core_completion_get_course_completion_status",
            Answer(b'{"errorcode":"cannotviewreport"}'),
            "switched off there",
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
