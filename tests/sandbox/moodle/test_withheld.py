"""What the recorded site keeps back vanishes without a word, until it is shown again; faults of single calls."""

import json

import pytest
import requests

from etl.sandbox import accounts
from etl.sandbox.moodle import changes
from etl.sandbox.moodle.groups import SEPARATE, VISIBLE
from etl.sandbox.moodle.withheld import Withheld
from etl.sandbox.server import Sandbox

QUESTIONS = {
    "core_course_get_courses_by_field": {},
    "core_enrol_get_enrolled_users": {"courseid": "3"},
    "core_course_get_course_module": {"cmid": "12"},
    "gradereport_user_get_grade_items": {"courseid": "3"},
    "core_completion_get_course_completion_status": {"courseid": "3", "userid": "19"},
}


def ask(sandbox: Sandbox, function: str, **params: str) -> requests.Response:
    form = {"wstoken": accounts.MOODLE_TOKEN, "wsfunction": function, "moodlewsrestformat": "json", **params}
    return requests.post(f"{sandbox.url}/moodle/webservice/rest/server.php", data=form, timeout=10)


def answers(sandbox: Sandbox) -> dict[str, bytes]:
    return {function: ask(sandbox, function, **params).content for function, params in QUESTIONS.items()}


@pytest.mark.parametrize("what", [one for one in Withheld if one is not Withheld.ALL_GROUPS])
def test_what_is_kept_back_vanishes_from_one_answer_and_comes_back(what: Withheld, sandbox: Sandbox) -> None:
    before = answers(sandbox)
    address = f"{sandbox.url}/control/moodle/withheld/{what}"
    assert requests.put(address, timeout=10).status_code == 200
    without = answers(sandbox)
    assert len([name for name in before if before[name] != without[name]]) == 1
    assert requests.delete(address, timeout=10).status_code == 200
    assert answers(sandbox) == before


@pytest.mark.parametrize(
    ("mode", "otherwise"),
    [
        (0, []),
        (
            SEPARATE,
            [
                "core_enrol_get_enrolled_users",
                "gradereport_user_get_grade_items",
                "core_completion_get_course_completion_status",
            ],
        ),
        (VISIBLE, ["gradereport_user_get_grade_items"]),
    ],
)
def test_groups_are_kept_back_of_a_course_that_is_in_groups(
    mode: int, otherwise: list[str], sandbox: Sandbox
) -> None:
    site = sandbox.moodle.site
    site.courses[3]["groupmode"] = mode
    site.enrolled[3][0]["groups"] = [{"id": 1, "name": "A"}]
    before = answers(sandbox)
    site.withhold(Withheld.ALL_GROUPS)
    without = answers(sandbox)
    assert [name for name in before if before[name] != without[name]] == otherwise


def test_a_fault_can_be_of_calls_about_one_thing_only(sandbox: Sandbox) -> None:
    order = {"system": "moodle", "kind": "notice", "where": {"courseid": "3"}, "count": None}
    assert requests.post(f"{sandbox.url}/control/faults", json=order, timeout=10).status_code == 201
    assert ask(sandbox, "gradereport_user_get_grade_items", courseid="3").text.startswith("<br />")
    assert ask(sandbox, "gradereport_user_get_grade_items", courseid="4").json()["usergrades"]


@pytest.mark.parametrize(
    ("kind", "text", "starts"),
    [
        ("fatal", "", b"Fatal error: Allowed memory size"),
        ("bom", "", b"\xef\xbb\xbf{"),
        ("error_code", "ex_unabletolock", b'{"exception"'),
        ("answer", '{"usergrades":null}', b'{"usergrades":null}'),
    ],
)
def test_answers_that_are_none_come_with_status_200(
    kind: str, text: str, starts: bytes, sandbox: Sandbox
) -> None:
    sandbox.faults.add("moodle", kind, text=text)
    reply = ask(sandbox, "gradereport_user_get_grade_items", courseid="3")
    assert reply.status_code == 200
    assert reply.content.startswith(starts)
    assert text in reply.text


def test_rarer_changes_of_the_site_show_in_its_answers(sandbox: Sandbox) -> None:
    site = sandbox.moodle.site
    changes.set_pending(site, 19, 12)
    changes.add_grade_item(site, 13, 1)
    changes.add_late_penalty(site, 19, 13)
    changes.set_gradepass(site, 12, 75)
    report = ask(sandbox, "gradereport_user_get_grade_items", courseid="3", userid="19").json()
    items = [item for item in report["usergrades"][0]["gradeitems"] if item.get("cmid") in (12, 13)]
    assert [(item["cmid"], item["itemnumber"]) for item in items] == [(12, 0), (13, 0), (13, 1)]
    assert (items[0]["graderaw"], items[0]["gradeneedsupdate"]) == (None, True)
    assert "fa-triangle-exclamation text-danger" in items[1]["gradeformatted"]
    assert ask(sandbox, "core_course_get_course_module", cmid="12").json()["cm"]["gradepass"] == "75.00"
    with pytest.raises(LookupError):
        changes.item_of(site, 19, 12, number=7)
    assert json.loads(ask(sandbox, "core_course_get_courses_by_field").content)["courses"]
