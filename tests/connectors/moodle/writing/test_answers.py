"""Every recorded answer to a call that writes, and what else may come instead of one, in its class."""

import json
from collections.abc import Callable

import pytest

from etl.connectors import registry
from etl.connectors.moodle.writing.answers import NotWritten
from etl.connectors.moodle.writing.client import MoodleWriter
from etl.connectors.moodle.writing.records import CourseSettings, ManualEnrolment, NewAccount, NewCourse
from etl.errors import AnswerLost, CapabilityMissing, EtlError, GiveUp, RetryLater
from etl.sandbox.moodle.protocol import recording
from tests.fixtures.http_peer import Answer, Peer

Met = Callable[[str, Answer], object]
PERSON = NewAccount("New.Person@student.example", "New", "Person", "new.person@student.example", "CL90001")
SETTINGS = CourseSettings(1790000000, 1800000000, visible=True)
CALLS: dict[str, Callable[[MoodleWriter], object]] = {
    "core_user_create_users": lambda writer: writer.create_account(PERSON),
    "core_user_update_users": lambda writer: writer.update_account("48", {"suspended": True}),
    "enrol_manual_enrol_users": lambda writer: writer.enrol(ManualEnrolment("48", "5", "5")),
    "enrol_manual_unenrol_users": lambda writer: writer.unenrol("48", "5"),
    "core_course_create_courses": lambda writer: writer.create_course(
        NewCourse("OCC-9001", "NEW-1", "New course", "1", SETTINGS)
    ),
    "core_course_update_courses": lambda writer: writer.update_course("8", SETTINGS),
    "core_course_import_course": lambda writer: writer.import_course("4", "8"),
}
DONE = {
    "core_user_create_users__happy": "48",
    "core_course_create_courses__happy": "8",
    **dict.fromkeys(
        (
            "core_user_update_users__happy",
            "core_user_update_users__suspend",
            "core_user_update_users__unsuspend",
            "core_course_update_courses__happy_dates_visibility",
            "core_course_import_course__happy",
            "enrol_manual_enrol_users__happy",
            "enrol_manual_enrol_users__again_idempotent",
            "enrol_manual_enrol_users__with_times",
            "enrol_manual_enrol_users__suspend",
            "enrol_manual_unenrol_users__happy",
            "enrol_manual_unenrol_users__again_not_enrolled",
        )
    ),
}
REFUSED = {
    "core_user_create_users__duplicate_username": "username_taken",
    "core_user_create_users__one_good_one_bad": "username_taken",
    "core_user_create_users__duplicate_email": "email_taken",
    "core_user_create_users__missing_lastname": "value_not_taken",
    "core_user_create_users__no_password": "value_not_taken",
    "core_user_create_users__uppercase_username": "value_not_taken",
    "core_user_update_users__deleted_user": "account_gone",
    "core_user_update_users__email_taken": "email_taken",
    "core_user_update_users__missing_id": "value_not_taken",
    "core_user_update_users__nonexistent": "account_gone",
    "core_course_create_courses__duplicate_idnumber": "idnumber_taken",
    "core_course_create_courses__duplicate_shortname": "short_name_taken",
    "core_course_create_courses__end_before_start": "ends_before_start",
    "core_course_create_courses__nonexistent_category": "category_not_usable",
    "core_course_update_courses__duplicate_idnumber_warning": "idnumber_taken",
    "core_course_update_courses__end_before_start_warning": "ends_before_start",
    "core_course_update_courses__nonexistent": "course_gone",
    "core_course_import_course__missing_parameter": "value_not_taken",
    "core_course_import_course__nonexistent_source": "course_gone",
    "enrol_manual_enrol_users__missing_roleid": "value_not_taken",
    "enrol_manual_enrol_users__nonexistent_course": "course_gone",
    "enrol_manual_enrol_users__nonexistent_user": "account_gone",
    "enrol_manual_enrol_users__role_not_assignable": "role_not_assignable",
    "enrol_manual_unenrol_users__nonexistent_course": "course_gone",
    "enrol_manual_unenrol_users__nonexistent_user": "account_gone",
}
UNSAID = ("core_user_create_users__weak_password",)  # its errorcode is a page
SITE_WIDE = (
    "core_user_create_users__rest_only_user",
    "core_course_create_courses__rest_only_user",
    "enrol_manual_enrol_users__rest_only_user",
)


@pytest.fixture
def met(peer: Peer, client_of: Callable[[str], MoodleWriter]) -> Met:
    """What one call comes to, an error too; it goes out once, whatever is answered."""

    def call(function: str, answer: Answer) -> object:
        peer.answers = [answer]
        writer = client_of(peer.url)
        try:
            came_to: object = CALLS[function](writer)
        except EtlError as problem:
            came_to = problem
        assert len(peer.asked) == 1
        return came_to

    return call


def recorded(name: str) -> Answer:
    return Answer(recording().exchanges[name].body.encode())


def error(code: str, **more: str) -> Answer:
    return Answer(json.dumps({"exception": "x", "errorcode": code, "message": "m", **more}).encode())


def test_every_recorded_answer_of_a_writing_function_stands_in_one_class() -> None:
    classes = [*DONE, *REFUSED, *UNSAID, *SITE_WIDE]
    assert sorted(classes) == sorted(n for n in recording().exchanges if n.partition("__")[0] in CALLS)


@pytest.mark.parametrize("name", DONE)
def test_what_was_done_returns(name: str, met: Met) -> None:
    assert met(name.partition("__")[0], recorded(name)) == DONE[name]


@pytest.mark.parametrize("name", REFUSED)
def test_a_refusal_or_warning_is_a_failure_of_that_row_with_its_reason(name: str, met: Met) -> None:
    problem = met(name.partition("__")[0], recorded(name))
    assert isinstance(problem, NotWritten)
    assert (problem.reason_code, problem.look_again) == (REFUSED[name], False)
    assert registry.sentence("moodle", problem.reason_code)


@pytest.mark.parametrize("name", SITE_WIDE)
def test_a_right_that_is_lacking_is_a_matter_of_the_whole_site(name: str, met: Met) -> None:
    assert isinstance(met(name.partition("__")[0], recorded(name)), CapabilityMissing)


@pytest.mark.parametrize("function", CALLS)
@pytest.mark.parametrize("code", ["nopermissions", "requireloginerror", "errorcoursecontextnotvalid"])
def test_no_function_says_of_a_lacking_right_that_the_row_is_wrong(
    code: str, function: str, met: Met
) -> None:
    assert isinstance(met(function, error(code)), CapabilityMissing)


@pytest.mark.parametrize("function", ["core_user_update_users", "core_course_update_courses"])
def test_a_lacking_right_may_come_as_a_warning_too(function: str, met: Met) -> None:
    warning = {"item": "x", "itemid": 8, "warningcode": "nopermissions", "message": "m"}
    answer = Answer(json.dumps({"warnings": [warning]}).encode())
    assert isinstance(met(function, answer), CapabilityMissing)


def test_a_row_that_moodle_took_back_itself_was_not_written_and_is_looked_at(met: Met) -> None:
    warning = {"item": "user", "itemid": 8, "warningcode": "dmlwriteexception", "message": "m"}
    problem = met("core_user_update_users", Answer(json.dumps({"warnings": [warning]}).encode()))
    assert isinstance(problem, NotWritten)
    assert problem.look_again


@pytest.mark.parametrize(
    ("function", "code", "reason"),
    [
        ("core_user_update_users", "usernotupdatedadmin", "account_protected"),
        ("core_user_update_users", "usernotupdatedguest", "account_protected"),
        ("enrol_manual_enrol_users", "wsnoinstance", "no_manual_enrolment"),
        ("enrol_manual_enrol_users", "userdeleted", "account_gone"),
        ("enrol_manual_enrol_users", "usernotconfirmed", "account_not_confirmed"),
    ],
)
def test_errors_that_moodles_source_shows_have_their_reason(
    function: str, code: str, reason: str, met: Met
) -> None:
    problem = met(function, error(code))
    assert isinstance(problem, NotWritten)
    assert (problem.reason_code, problem.look_again) == (reason, False)


def test_without_debuginfo_nobody_says_why_so_that_the_caller_looks_again(met: Met) -> None:
    problem = met("core_user_create_users", error("invalidparameter"))
    assert isinstance(problem, NotWritten)
    assert (problem.reason_code, problem.look_again) == ("refused_by_moodle", True)


def test_an_error_that_is_not_known_may_have_come_after_the_work(met: Met) -> None:
    problem = met("core_user_create_users", recorded(UNSAID[0]))
    assert isinstance(problem, NotWritten)
    assert (problem.error_code, problem.look_again) == ("no_usable_code", True)
    assert "characters" not in str(problem)  # what the site says is not repeated


def test_an_import_that_broke_off_may_have_left_something(met: Met) -> None:
    assert isinstance(met("core_course_import_course", error("backupprecheckerrors")), AnswerLost)


@pytest.mark.parametrize("function", CALLS)
@pytest.mark.parametrize(
    "answer",
    [
        Answer(b"<h1>Bad Gateway</h1>", 502),
        Answer(b"", 503, {"Retry-After": "1"}),  # a cache in front says so too when it gave up waiting
        Answer(b"", 408),
        Answer(b"Fatal error: Allowed memory size exhausted"),
        Answer(b"<html>Log in</html>"),
        Answer(b'{"warn'),
        Answer(b""),
        Answer(b'"yes"'),
        error("dmlwriteexception"),
        error("ex_unabletolock"),
    ],
    ids=lambda answer: f"{answer.status} {answer.body[:12]!r}",
)
def test_what_is_no_answer_leaves_the_outcome_unknown(answer: Answer, function: str, met: Met) -> None:
    assert isinstance(met(function, answer), AnswerLost)


@pytest.mark.parametrize("function", CALLS)
@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (Answer(b"", 429, {"Retry-After": "1"}), RetryLater),
        (error("sitemaintenance"), RetryLater),
        (error("dbconnectionfailed"), RetryLater),
        (error("invalidtoken"), GiveUp),
        (error("accessexception"), GiveUp),
        (error("servicenotavailable"), GiveUp),
        (error("wsaccessusersuspended"), GiveUp),
        (
            error("invalidrecord", message="Can't find data record in database table external_functions."),
            GiveUp,
        ),
        (Answer(b"", 403), GiveUp),
        (Answer(b"", 404), GiveUp),
        (Answer(b"", 302, {"Location": "/login"}), GiveUp),
    ],
    ids=lambda given: getattr(given, "__name__", None) or f"{given.status} {given.body[:60]!r}",
)
def test_what_is_said_before_the_work_means_that_nothing_was_done(
    answer: Answer, kind: type[EtlError], function: str, met: Met
) -> None:
    assert isinstance(met(function, answer), kind)


def test_a_site_that_cannot_be_reached_was_not_written_to(client_of: Callable[[str], MoodleWriter]) -> None:
    with pytest.raises(RetryLater, match="nothing listens"):
        client_of("http://127.0.0.1:1").import_course("4", "8")
