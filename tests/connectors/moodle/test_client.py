"""The Moodle client against the sandbox: authentication, errors on the way, and what it must not tell."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from etl.connectors.moodle.client import MoodleClient, report_timeout
from etl.connectors.moodle.contract import decode_site_info
from etl.connectors.moodle.participants import decode_enrolled_users
from etl.errors import EtlError, GiveUp, RejectRecord, RetryLater, Unusable
from etl.sandbox import accounts
from etl.sandbox.faults import FaultKind
from etl.sandbox.server import Sandbox
from tests.fixtures.http_peer import Answer, Asked, Peer

Build = Callable[..., MoodleClient]
LOGIN = {
    "login": accounts.MOODLE_USERNAME,
    "password": accounts.MOODLE_PASSWORD,
    "extra": {"service": accounts.MOODLE_SERVICE},
}
INVALID_TOKEN = Answer(b'{"exception":"x","errorcode":"invalidtoken","message":"Invalid token"}')
EXPIRED_TOKEN = Answer(
    b'{"exception":"x","errorcode":"accessexception","message":"Access control exception"}'
)
SITE_INFO = Answer(b'{"sitename":"S","release":"4.5","functions":[]}')


def test_a_token_is_enough(site: str, client_of: Build) -> None:
    assert decode_site_info(client_of(site).site_info()).sitename == "Peer RTO Moodle 4.5"


def test_user_name_and_password_fetch_one_token_when_it_is_needed(
    site: str, client_of: Build, sandbox: Sandbox
) -> None:
    client = client_of(site, **LOGIN)
    assert sandbox.counters.total("moodle") == 0
    client.site_info()
    client.courses()
    assert sandbox.counters.of("moodle")["login/token.php"] == 1
    assert client.calls == sandbox.counters.total("moodle") == 3


def test_credentials_go_in_the_body_never_in_the_address(peer: Peer, client_of: Build) -> None:
    peer.answers = [Answer(b'{"token":"t0ken","privatetoken":null}'), SITE_INFO]
    client_of(peer.url, **LOGIN).site_info()
    assert [asked.path for asked in peer.asked] == ["/login/token.php", "/webservice/rest/server.php"]
    assert peer.asked[1].form["wstoken"] == "t0ken"


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        (LOGIN | {"password": "wrong"}, "invalidlogin"),
        (LOGIN | {"extra": {"service": "nope"}}, "invalidlogin|servicenotavailable"),
        (LOGIN | {"extra": {}}, "no service"),
        (LOGIN | {"password": ""}, "no password"),
        ({"password": ""}, "no password"),
        ({"password": "unknown"}, "invalidtoken"),
        (
            {"password": accounts.MOODLE_TOKEN_EXPIRED},
            "accessexception: the token has expired: make a new one",
        ),
        ({"password": accounts.MOODLE_TOKEN_IP_RESTRICTED}, "bound to other network addresses: add"),
        ({"password": accounts.MOODLE_TOKEN_NO_REST}, "lacks webservice/rest:use"),
        ({"password": accounts.MOODLE_TOKEN_UNAUTHORISED}, "not among the authorised users"),
    ],
)
def test_credentials_that_do_not_work_need_a_person(
    fields: dict[str, object], words: str, site: str, client_of: Build
) -> None:
    with pytest.raises(GiveUp, match=words):
        client_of(site, **fields).site_info()


def test_a_log_in_without_a_token_in_its_answer_needs_a_person(peer: Peer, client_of: Build) -> None:
    peer.answers = [Answer(b'{"privatetoken":null}')]
    with pytest.raises(GiveUp, match="no token in the answer"):
        client_of(peer.url, **LOGIN).site_info()


def test_an_expired_token_is_refused_in_two_ways(site: str, client_of: Build) -> None:
    client = client_of(site, accounts.MOODLE_TOKEN_EXPIRED)
    with pytest.raises(GiveUp, match="accessexception"):
        client.site_info()
    with pytest.raises(GiveUp, match="invalidtoken"):
        client.site_info()


@pytest.mark.parametrize("refusal", [INVALID_TOKEN, EXPIRED_TOKEN])
def test_a_token_that_expires_on_the_way_is_renewed_once(
    refusal: Answer, peer: Peer, client_of: Build
) -> None:
    peer.answers = [Answer(b'{"token":"one"}'), refusal, Answer(b'{"token":"two"}'), SITE_INFO, refusal]
    client = client_of(peer.url, **LOGIN)
    assert client.site_info() == SITE_INFO.body
    with pytest.raises(GiveUp):
        client.site_info()
    assert [a.form.get("wstoken") for a in peer.asked] == [None, "one", None, "two", "two"]


def test_threads_share_one_renewal(peer: Peer, client_of: Build) -> None:
    tokens = iter(["old", "new"])

    def respond(asked: Asked) -> Answer:
        if asked.path.endswith("token.php"):
            return Answer(json.dumps({"token": next(tokens)}).encode())
        return SITE_INFO if asked.form["wstoken"] == "new" else INVALID_TOKEN

    peer.respond = respond
    client = client_of(peer.url, **LOGIN)
    with ThreadPoolExecutor(4) as pool:
        bodies = list(pool.map(lambda _: client.site_info(), range(8)))
    assert bodies == [SITE_INFO.body] * 8
    assert client.calls == len(peer.asked)
    assert client.bytes == sum(len(b'{"token":"old"}') + 1 for _ in range(2)) + sum(
        len(SITE_INFO.body if a.form["wstoken"] == "new" else INVALID_TOKEN.body)
        for a in peer.asked
        if "wstoken" in a.form
    )


@pytest.mark.parametrize(
    "kind",
    [
        FaultKind.DROP,
        FaultKind.LOST_ANSWER,
        FaultKind.TRUNCATED,
        FaultKind.CUT,
        FaultKind.SERVER_ERROR,
        FaultKind.BAD_GATEWAY,
        FaultKind.UNAVAILABLE,
        FaultKind.TOO_MANY_REQUESTS,
        FaultKind.DATABASE_DOWN,
        FaultKind.SITE_MAINTENANCE,
    ],
)
def test_what_passes_is_waited_for(kind: FaultKind, site: str, client_of: Build, sandbox: Sandbox) -> None:
    whole = client_of(site).grade_report("2")
    sandbox.faults.add("moodle", kind, count=2)
    client = client_of(site)
    assert client.grade_report("2") == whole
    assert client.calls == 3


def test_retry_after_is_obeyed(site: str, client_of: Build, sandbox: Sandbox, naps: list[float]) -> None:
    sandbox.faults.add("moodle", FaultKind.UNAVAILABLE, retry_after=45)
    client_of(site).site_info()
    assert naps == [45]


def test_waiting_has_a_limit_that_the_connection_sets(
    site: str, client_of: Build, sandbox: Sandbox, naps: list[float]
) -> None:
    sandbox.faults.add("moodle", FaultKind.SITE_MAINTENANCE, count=None)
    with pytest.raises(RetryLater, match="sitemaintenance"):
        client_of(site, extra={"wait_limit": "20"}).site_info()
    assert sum(naps) <= 20


@pytest.mark.parametrize("limit", ["long", "nan", float("inf"), "-1", -0.5, True, "1_0", "3601", [20]])
def test_a_limit_of_waiting_is_a_number_of_seconds(limit: object, site: str, client_of: Build) -> None:
    with pytest.raises(GiveUp, match="extra wait_limit is not a number of seconds from 0 to 3600"):
        client_of(site, extra={"wait_limit": limit})


@pytest.mark.parametrize(
    ("kind", "words"), [(FaultKind.FORBIDDEN, "REST protocol"), (FaultKind.HTML, "HTML instead")]
)
def test_what_does_not_pass_needs_a_person(
    kind: FaultKind, words: str, site: str, client_of: Build, sandbox: Sandbox
) -> None:
    sandbox.faults.add("moodle", kind, count=None)
    client = client_of(site)
    with pytest.raises(GiveUp, match=words):
        client.courses()
    assert client.calls == 1


@pytest.mark.parametrize(
    ("kind", "advice"),
    [
        (FaultKind.UNAVAILABLE, "HTTP 503: the system is in maintenance or overloaded"),
        (FaultKind.BAD_GATEWAY, "HTTP 502: what stands before the system gets no answer"),
        (FaultKind.SERVER_ERROR, "HTTP 500: the system failed"),
        (FaultKind.TOO_MANY_REQUESTS, "HTTP 429: the system asks for fewer calls"),
        (FaultKind.DATABASE_DOWN, "dbconnectionfailed: the site cannot use its database"),
        (FaultKind.SITE_MAINTENANCE, "sitemaintenance: the site is in maintenance mode"),
        (FaultKind.DROP, "no complete answer: "),
    ],
)
def test_a_site_that_cannot_answer_now_says_what_to_do(
    kind: FaultKind, advice: str, site: str, client_of: Build, sandbox: Sandbox
) -> None:
    sandbox.faults.add("moodle", kind, count=None)
    with pytest.raises(RetryLater) as caught:
        client_of(site, extra={"wait_limit": 0}).site_info()
    assert advice in str(caught.value)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"", RetryLater),
        (b"  \n", RetryLater),
        (b"<html><h1>Maintenance</h1></html>", RetryLater),
        (b'{"usergrades":[{"userid":1', RetryLater),
        (b'{"usergrades":[]} <b>Notice</b>', RetryLater),
        (b"[" * 100_000, RetryLater),
        (b"<br /><b>Fatal error</b>", Unusable),
        (b'<br /><b>Notice</b>: x on line 3<br />{"usergrades":[]}', Unusable),
        (b"<?xml version='1.0'?><EXCEPTION/>", Unusable),
        (b"Fatal error: out of memory", Unusable),
        (b"null", Unusable),
        (b'{"errorcode":"upgraderunning"}', RetryLater),
        (b'{"errorcode":"nopermissions"}', GiveUp),
        (b'{"errorcode":"wsaccessusersuspended"}', GiveUp),
        (b'{"errorcode":"nopermissiontoviewgrades"}', RejectRecord),
        (b'{"errorcode":"never seen before"}', RejectRecord),
        (b'{"errorcode":{"a":1},"exception":[]}', RejectRecord),
    ],
)
def test_an_answer_that_is_none_says_what_to_do_next(
    body: bytes, expected: type[EtlError], peer: Peer, client_of: Build
) -> None:
    peer.answers = [Answer(body)]
    with pytest.raises(expected) as caught:
        client_of(peer.url).grade_report("2")
    assert "gradereport_user_get_grade_items courseid 2" in str(caught.value)


def test_everybody_comes_in_one_call(site: str, client_of: Build) -> None:
    client = client_of(site)
    everybody = client.enrolled_users("2", ["email"], only_active=False)
    assert client.calls == 1
    answered = requests.post(
        f"{site}/webservice/rest/server.php",
        data={
            "wstoken": accounts.MOODLE_TOKEN,
            "wsfunction": "core_enrol_get_enrolled_users",
            "moodlewsrestformat": "json",
            "courseid": "2",
        },
        timeout=10,
    )
    ids = decode_enrolled_users(everybody).frame["user_id"]
    assert ids.tolist() == sorted(row["id"] for row in answered.json())


def test_byte_order_marks_before_an_answer_do_not_spoil_it(peer: Peer, client_of: Build) -> None:
    peer.answers = [Answer(b"\xef\xbb\xbf" * 2 + SITE_INFO.body)]
    assert decode_site_info(client_of(peer.url).site_info()).sitename == "S"
    peer.answers = [Answer(b"\xef\xbb\xbf" + INVALID_TOKEN.body)]
    with pytest.raises(GiveUp, match="invalidtoken"):
        client_of(peer.url).site_info()


def test_half_a_character_in_an_answer_does_not_make_it_a_damaged_one(peer: Peer, client_of: Build) -> None:
    peer.answers = [Answer(b'[{"id":1,"fullname":"x\\ud83d"}]'), Answer(b"[]")]
    assert json.loads(client_of(peer.url).enrolled_users("2", []))[0]["id"] == 1


def test_participants_that_are_no_list_are_this_courses_problem(peer: Peer, client_of: Build) -> None:
    peer.answers = [Answer(b'{"users":[]}')]
    with pytest.raises(RejectRecord) as caught:
        client_of(peer.url).enrolled_users("2", [])
    assert caught.value.reason_code == "malformed_record"


def test_only_what_is_asked_for_is_asked_for(peer: Peer, client_of: Build) -> None:
    peer.answers = [Answer(b"[]")]
    client_of(peer.url).enrolled_users("2", ["lastcourseaccess"])
    sent = peer.asked[0].form
    options = {sent[f"options[{n}][name]"]: sent[f"options[{n}][value]"] for n in range(3)}
    # No page: the site would leave users out of it after it had cut it.
    assert options == {"userfields": "id,lastcourseaccess", "onlyactive": "1", "sortby": "id"}
    assert "options[3][name]" not in sent


def test_the_time_out_of_a_whole_report_fits_the_class() -> None:
    assert report_timeout(521) > 4 * 6.5  # measured: 6.5 s for 521 students
    assert report_timeout(5000) > report_timeout(521)
    assert report_timeout(10**6) == report_timeout(10**7) <= 600
    assert report_timeout(None) > report_timeout(521)


def test_neither_messages_nor_logs_hold_credentials_or_the_sites_words(
    peer: Peer, client_of: Build, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    for code in ("invalidtoken", "nopermissions", "invaliduser", "what ever", "dbconnectionfailed"):
        error = {"errorcode": code, "message": "w0rds", "debuginfo": "SELECT w0rds", "exception": "w0rds"}
        peer.answers = [Answer(json.dumps(error).encode())]
        with pytest.raises(EtlError) as caught:
            client_of(peer.url, "t0ken").completion("2", "7")
        told = str(caught.value) + caplog.text
        assert "w0rds" not in told
        assert "t0ken" not in told


def test_a_site_that_says_later_gets_half_as_many_calls_at_once(
    sandbox: Sandbox, site: str, client_of: Build
) -> None:
    client = client_of(site, extra={"calls_at_once": 4})
    for _ in range(20):
        client.width.answered("any function", 0.02)
    assert client.width.now == 4
    sandbox.faults.add("moodle", "unavailable", count=1)
    client.site_info()
    assert client.width.now == 2
