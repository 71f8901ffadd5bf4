"""The connection test of a site that is written to names what is missing for that, and writes nothing."""

from collections.abc import Callable

import pytest

from etl.connections import CheckReport
from etl.connectors.moodle.check import check
from etl.connectors.moodle.writing.check import FUNCTIONS
from etl.connectors.moodle.writing.client import MoodleWriter
from etl.connectors.moodle.writing.settings import WritingSettings
from etl.sandbox.moodle.protocol import recording
from etl.sandbox.server import Sandbox
from tests.fixtures.http_peer import Answer, Asked, Peer

SITE = WritingSettings(
    source="moodle_main",
    connection_id="moodle_main",
    timezone="Europe/Amsterdam",
    match_code=True,
    match_fields=None,
    writing="on",
    role_id="5",
    send_start_date=True,
    on_withdrawal="suspend",
    auth=None,
    visible_when=frozenset({"active"}),
    at_most=100,
)
CAPABILITIES = {
    "core_user_create_users": "moodle/user:create",
    "core_user_update_users": "moodle/user:update",
    "enrol_manual_enrol_users": "enrol/manual:enrol",
    "enrol_manual_unenrol_users": "enrol/manual:unenrol",
    "core_course_create_courses": "moodle/course:create",
}
Test = Callable[..., CheckReport]


@pytest.fixture
def tested(site: str, client_of: Callable[..., MoodleWriter]) -> Test:
    def report(role_id: str = "5") -> CheckReport:
        settings = WritingSettings(**{**vars(SITE), "role_id": role_id})
        return check(client_of(site), {"2": ["2"], "5": []}, written=[settings])

    return report


def test_a_site_to_which_everything_can_be_sent_is_called_so_and_holds_nothing_new(
    tested: Test, sandbox: Sandbox
) -> None:
    held = sandbox.moodle.site
    before = (len(held.users), len(held.courses), held.books.shown())
    report = tested()
    assert report.ok
    assert [line for line in report.lines if "Not tried" in line]
    assert (len(held.users), len(held.courses), held.books.shown()) == before


@pytest.mark.parametrize("function", FUNCTIONS)
def test_each_missing_function_is_named(function: str, tested: Test, sandbox: Sandbox) -> None:
    sandbox.moodle.site.removed_functions.add(function)
    report = tested()
    assert not report.ok
    assert f"Missing function, needed for writing to Moodle: {function}" in report.lines


@pytest.mark.parametrize("function", CAPABILITIES)
def test_each_missing_right_that_can_be_tried_is_named(function: str, tested: Test, sandbox: Sandbox) -> None:
    sandbox.moodle.site.books.lacking.add(function)
    report = tested()
    assert not report.ok
    [line] = [line for line in report.lines if CAPABILITIES[function] in line]
    assert ("(course 2, course 5)" in line) == function.startswith("enrol")


def test_a_role_that_may_not_be_given_is_named_for_each_course(tested: Test) -> None:
    [line] = [line for line in tested(role_id="3").lines if line.startswith("Role 3")]
    assert line.endswith("(course 2, course 5)")


def test_a_course_without_manual_enrolment_is_named(tested: Test, sandbox: Sandbox) -> None:
    sandbox.moodle.site.courses[5]["enrollmentmethods"] = ["self"]
    [line] = [line for line in tested().lines if "Manual enrolment" in line]
    assert line.endswith("(course 5)")


def test_a_site_that_shows_nobody_would_get_second_accounts(
    peer: Peer, client_of: Callable[..., MoodleWriter]
) -> None:
    recorded = {
        name.partition("__")[0]: name for name in recording().exchanges if name.endswith("__rest_only_user")
    }
    recorded["core_webservice_get_site_info"] = "core_webservice_get_site_info__happy"

    def respond(asked: Asked) -> Answer:
        name = recorded.get(asked.form["wsfunction"], "core_user_create_users__rest_only_user")
        return Answer(recording().exchanges[name].body.encode())

    peer.respond = respond
    lines = check(client_of(peer.url), {}, written=[SITE]).lines
    assert any("moodle/user:viewalldetails: nobody is found" in line for line in lines)


def test_an_administrator_is_no_account_to_write_with(tested: Test, sandbox: Sandbox) -> None:
    sandbox.faults.add(
        "moodle", "answer", operation="core_webservice_get_site_info", after=1, text=administrator()
    )
    assert any("is an administrator of the site" in line for line in tested().lines)


def administrator() -> str:
    body = recording().exchanges["core_webservice_get_site_info__happy"].body
    return body.replace('"userissiteadmin":false', '"userissiteadmin":true')
