"""Every recorded answer of a real Moodle, replayed over HTTP: it decodes, or it lands in its error class."""

import json
from collections.abc import Callable

import pytest

from etl.connectors.moodle import contract
from etl.connectors.moodle.client import MoodleClient
from etl.connectors.moodle.errors import REJECT
from etl.connectors.moodle.grades import decode_grade_report
from etl.connectors.moodle.participants import decode_enrolled_users
from etl.connectors.registry import sentence
from etl.errors import EtlError, GiveUp, RejectRecord
from etl.sandbox.moodle.protocol import LOGIN, Exchange, recording
from tests.fixtures.http_peer import Answer, Peer

COMPLETION = "core_completion_get_course_completion_status"
MODULE = "core_course_get_course_module"
COURSES = "core_course_get_courses_by_field"
USERS = "core_enrol_get_enrolled_users"
GRADES = "gradereport_user_get_grade_items"
INFO = "core_webservice_get_site_info"

# The client's call for a function, with the parameters of the recorded request.
ASK: dict[str, Callable[[MoodleClient, dict[str, str]], bytes]] = {
    COMPLETION: lambda client, p: client.completion(p["courseid"], p.get("userid", "7")),
    MODULE: lambda client, p: client.course_module(p.get("cmid", "2")),
    COURSES: lambda client, p: client.courses(),
    USERS: lambda client, p: client.enrolled_users(p.get("courseid", "2"), ["email"]),
    GRADES: lambda client, p: client.grade_report(p.get("courseid", "2"), p.get("userid")),
    INFO: lambda client, p: client.site_info(),
}
DECODE = {
    COMPLETION: contract.decode_completion,
    MODULE: contract.decode_course_module,
    COURSES: contract.decode_courses,
    USERS: decode_enrolled_users,
    GRADES: decode_grade_report,
    INFO: contract.decode_site_info,
}
GIVES_UP = "give up"
ERRORS = {
    "NONE__no_wsfunction": GIVES_UP,
    f"{COMPLETION}__a_user06": "not_enrolled",
    f"{COMPLETION}__a_user07": "not_enrolled",
    f"{COMPLETION}__a_user08": "not_enrolled",
    f"{COMPLETION}__completion_disabled_course": "access_denied",
    f"{COMPLETION}__empty_course_user_not_enrolled": "not_enrolled",
    f"{COMPLETION}__enrolled_no_criteria_no_activities": "no_completion_criteria",
    f"{COMPLETION}__missing_parameter": "source_error",
    f"{COMPLETION}__no_criteria_set": "no_completion_criteria",
    f"{COMPLETION}__nonexistent_course": "course_gone",
    f"{COMPLETION}__nonexistent_user": "learner_gone",
    f"{COMPLETION}__rest_only_user": "access_denied",
    f"{COMPLETION}__teacher": "not_enrolled",
    f"{COMPLETION}__user_deleted": "learner_gone",
    f"{COMPLETION}__user_not_enrolled": "not_enrolled",
    f"{MODULE}__missing_parameter": "source_error",
    f"{MODULE}__non_integer": "source_error",
    f"{MODULE}__nonexistent": "activity_missing",
    f"{MODULE}__rest_only_user": "access_denied",
    f"{MODULE}__zero": "activity_missing",
    f"{COURSES}__ids": GIVES_UP,  # without an errorcode
    f"{COURSES}__invalid_field": GIVES_UP,
    f"{USERS}__missing_parameter": "source_error",
    f"{USERS}__non_integer_courseid": "source_error",
    f"{USERS}__nonexistent_course": "course_gone",
    f"{USERS}__onlyactive_and_onlysuspended": "source_error",
    f"{USERS}__rest_only_user": "access_denied",
    f"{USERS}__sortby_invalid": "source_error",
    f"{INFO}__empty_token": GIVES_UP,
    f"{INFO}__expired_token": GIVES_UP,
    f"{INFO}__format_xml_default": GIVES_UP,
    f"{INFO}__invalid_token": GIVES_UP,
    f"{INFO}__invalid_token_xml": GIVES_UP,
    f"{INFO}__no_token": GIVES_UP,
    f"{INFO}__token_ip_restricted": GIVES_UP,
    f"{INFO}__token_of_unauthorised_user": GIVES_UP,
    f"{INFO}__unexpected_parameter": GIVES_UP,
    f"{INFO}__user_without_rest_capability": GIVES_UP,
    f"{GRADES}__missing_parameter": "source_error",
    f"{GRADES}__non_integer_courseid": "source_error",
    f"{GRADES}__nonexistent_course": "course_gone",
    f"{GRADES}__nonexistent_user": "learner_gone",
    f"{GRADES}__rest_only_user": "access_denied",
    f"{GRADES}__user_deleted": "learner_gone",
    "core_no_such_function__function_does_not_exist": GIVES_UP,
    "core_user_get_users_by_field__function_not_in_service": GIVES_UP,
    "login_token_php__invalid_login": GIVES_UP,
    "login_token_php__missing_password": GIVES_UP,
    "login_token_php__site_admin": GIVES_UP,
    "login_token_php__suspended_user": GIVES_UP,
    "login_token_php__unknown_service": GIVES_UP,
    "login_token_php__unknown_user": GIVES_UP,
    "login_token_php__user_not_authorised_for_service": GIVES_UP,
}


def function_of(exchange: Exchange) -> str:
    return dict(exchange.params).get("wsfunction", "")


def is_error(exchange: Exchange) -> bool:
    if not exchange.body.startswith(("{", "[", "null")):
        return True
    answer = json.loads(exchange.body)
    return isinstance(answer, dict) and bool(answer.keys() & {"exception", "errorcode"})


EXCHANGES = recording().exchanges
GOOD = [name for name, e in EXCHANGES.items() if function_of(e) in ASK and not is_error(e)]
BAD_WRITES = [name for name, e in EXCHANGES.items() if is_error(e) and name not in ERRORS]


def test_no_recorded_error_of_a_reading_function_is_left_out() -> None:
    recorded = {name for name, e in EXCHANGES.items() if is_error(e) and function_of(e) in ASK}
    logins = {name for name, e in EXCHANGES.items() if is_error(e) and e.path == LOGIN}
    assert recorded | logins <= ERRORS.keys() <= EXCHANGES.keys()
    assert len(GOOD) > 100


@pytest.mark.parametrize("name", ERRORS)
def test_a_recorded_error_lands_in_its_class(
    name: str, peer: Peer, client_of: Callable[..., MoodleClient]
) -> None:
    exchange = EXCHANGES[name]
    peer.answers = [Answer(exchange.body.encode())]
    credentials = {"login": "svc.poller", "extra": {"service": "s"}} if exchange.path == LOGIN else {}
    ask = ASK.get(function_of(exchange), ASK[INFO])
    with pytest.raises((GiveUp, RejectRecord)) as caught:
        ask(client_of(peer.url, **credentials), dict(exchange.params))
    error = caught.value
    assert (error.reason_code if isinstance(error, RejectRecord) else GIVES_UP) == ERRORS[name]
    assert_tells_nothing(error, exchange)


@pytest.mark.parametrize("name", BAD_WRITES)
def test_a_recorded_error_of_another_function_is_never_taken_for_an_answer(
    name: str, peer: Peer, client_of: Callable[..., MoodleClient]
) -> None:
    peer.answers = [Answer(EXCHANGES[name].body.encode())]
    with pytest.raises((GiveUp, RejectRecord)) as caught:
        client_of(peer.url).completion("2", "7")
    assert_tells_nothing(caught.value, EXCHANGES[name])


def assert_tells_nothing(error: EtlError, exchange: Exchange) -> None:
    """No text of the site in the message: it may quote persons, addresses and SQL."""
    if not exchange.body.startswith("{"):
        return
    body = json.loads(exchange.body)
    for key in ("message", "debuginfo", "error", "exception"):
        assert not body.get(key) or body[key] not in str(error)
    assert "<" not in str(error)


@pytest.mark.parametrize("name", GOOD)
def test_a_recorded_answer_comes_back_byte_for_byte_and_decodes_whole(
    name: str, peer: Peer, client_of: Callable[..., MoodleClient]
) -> None:
    exchange = EXCHANGES[name]
    body = exchange.body.encode()
    peer.answers = [Answer(body)]
    assert ASK[function_of(exchange)](client_of(peer.url), dict(exchange.params)) == body
    decoded = DECODE[function_of(exchange)](body)
    assert not isinstance(decoded, contract.Decoded) or decoded.rejected.empty


def test_every_reason_of_an_error_has_its_sentence() -> None:
    said = {*REJECT.values(), "activity_missing", "source_error", "malformed_record"}
    assert all(sentence("moodle", code) for code in said)
