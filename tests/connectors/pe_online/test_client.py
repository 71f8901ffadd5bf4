"""What each failure of the web service says about the rows that were sent, over real HTTP and SOAP."""

import logging
import socket
from contextlib import nullcontext
from dataclasses import replace

import pytest

from etl import settings
from etl.connections import Connection
from etl.connectors import registry
from etl.connectors.pe_online import answers, payload
from etl.connectors.pe_online.account import account
from etl.connectors.pe_online.check import check
from etl.connectors.pe_online.client import PeClient
from etl.connectors.pe_online.payload import Attendance
from etl.errors import GiveUp, OutcomeUnknown, RetryLater
from etl.sandbox import accounts
from etl.sandbox.pe_online.ledger import BookedAccount
from tests.connectors.pe_online.site import ORG
from tests.fixtures.http_peer import Answer, serving

ROW = Attendance(1, 2, "052001", "2026-09-25T17:13:20+02:00", pe_course_id="301245")
KEY = accounts.PE_KEY


def offer(connection):
    pe_account = account(connection)
    with PeClient(pe_account) as client:
        return answers.read(client.process(payload.entry(pe_account, 52, [ROW])))


def connected(url, **extra):
    return Connection("pe_online", "pe_online", url, accounts.PE_USER, KEY, extra=extra)


def test_a_row_is_accepted_over_real_soap(site):
    answer = offer(site.connection())
    assert (answer.accepted_rows, answer.rejected_rows, answer.total_rows) == (1, 0, 1)
    assert answer.accepted[0] == answers.Accepted("052001", "301245", "25-09-2026")


@pytest.mark.parametrize(
    "kind",
    [
        "drop",
        "lost_answer",
        "truncated",
        "cut",
        "server_error",
        "bad_gateway",
        "unavailable",
        "html",
        "soap_fault",
        "escaped",
        "empty",
    ],
)
def test_an_answer_that_does_not_tell_leaves_the_outcome_unknown(site, kind):
    site.sandbox.faults.add("pe", kind)
    with pytest.raises(OutcomeUnknown) as raised:
        offer(site.connection())
    assert KEY not in str(raised.value)
    assert "052001" not in str(raised.value)


def test_an_answer_that_takes_too_long_leaves_the_outcome_unknown(site):
    site.sandbox.faults.add("pe", "slow", seconds=0.5)
    with pytest.raises(OutcomeUnknown):
        offer(site.connection(timeout_seconds=0.1))


def test_a_service_that_cannot_be_reached_got_nothing():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(RetryLater, match="nothing was sent"):
        offer(connected(f"http://127.0.0.1:{port}/x.asmx"))


def test_too_many_requests_waits_as_long_as_the_service_says(site):
    site.sandbox.faults.add("pe", "too_many_requests", retry_after=17)
    with pytest.raises(RetryLater) as raised:
        offer(site.connection())
    assert raised.value.retry_after == 17


@pytest.mark.parametrize("status", [301, 302, 307, 308, 401, 403, 404, 405])
def test_another_server_than_the_service_is_not_followed_and_got_no_row_processed(status):
    with serving() as peer:
        peer.answers = [Answer(b"moved", status, {"Location": peer.url})]
        with pytest.raises(GiveUp, match=str(status)):
            offer(connected(peer.url))
        assert len(peer.asked) == 1


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"<a/>",
        b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>",
        b"<soap:Envelope xmlns:soap='http://schemas.xmlsoap.org/soap/envelope/'/>",
        b"<soap:Envelope xmlns:soap='http://schemas.xmlsoap.org/soap/envelope/'><soap:Body/></soap:Envelope>",
        b"\xff\xfe\x00",
    ],
)
def test_whatever_is_answered_that_is_not_a_summary_leaves_the_outcome_unknown(body):
    with serving() as peer:
        peer.answers = [Answer(body, headers={"Content-Type": "text/xml"})]
        with pytest.raises(OutcomeUnknown):
            offer(connected(peer.url))


def test_no_log_at_any_level_holds_the_key_or_a_number(site, caplog):
    caplog.set_level(logging.DEBUG)
    offer(site.connection())
    site.sandbox.faults.add("pe", "server_error")
    with pytest.raises(OutcomeUnknown):
        offer(site.connection())
    assert KEY not in caplog.text
    assert "052001" not in caplog.text
    assert KEY not in repr(account(site.connection()))


def test_the_connection_test_says_what_works_and_registers_nothing(site):
    told = "\n".join(check(site.connection(), 52))
    assert "publishes the WSDL with ProcessXML" in told
    assert "key: accepted for orgID 52" in told
    assert KEY not in told
    assert site.booked() == {}


def test_the_connection_test_finds_a_wrong_key(site):
    with pytest.raises(GiveUp, match="the key does not match") as refused:
        check(replace(site.connection(), password="another-key"), 52)
    assert "another-key" not in str(refused.value)


def test_the_connection_test_gives_up_on_a_page_that_is_not_the_service():
    with serving() as peer:
        peer.answers = [Answer(b"<html/>")]
        with pytest.raises(GiveUp, match="no WSDL with ProcessXML"):
            check(connected(peer.url))


def test_the_connection_test_says_that_the_key_is_refused():
    refusal = (
        "<soap:Envelope xmlns:soap='http://schemas.xmlsoap.org/soap/envelope/'><soap:Body><ProcessXMLResponse xmlns="
        "'https://www.pe-online.org/pe-services/PE_AttendanceElearning/WriteAttendance'><ProcessXMLResult><Summary "
        "xmlns=''><Results/><Error><errorNR>400</errorNR><errorMsg>x</errorMsg></Error></Summary></ProcessXMLResult>"
        "</ProcessXMLResponse></soap:Body></soap:Envelope>"
    )
    wsdl = b"https://www.pe-online.org/pe-services/PE_AttendanceElearning/WriteAttendance <operation name='ProcessXML'>"
    with serving() as peer:
        peer.respond = lambda asked: Answer(wsdl if "WSDL" in asked.path else refusal.encode())
        with pytest.raises(GiveUp, match="orgID 52"):
            check(connected(peer.url), 52)
        assert "test again with an orgID" in check(connected(peer.url))[-1]


WSDL = b"https://www.pe-online.org/pe-services/PE_AttendanceElearning/WriteAttendance <operation name='ProcessXML'>"


@pytest.mark.parametrize(
    ("answer", "error", "said"),
    [
        (Answer(b"", 503), RetryLater, "HTTP 503: the service does not work now"),
        (Answer(b"", 404), GiveUp, "HTTP 404: this is not the address of the service"),
        (Answer(b"", 403), GiveUp, "HTTP 403: a proxy, a firewall"),
        (
            Answer(b"", 302, {"Location": "/login"}),
            GiveUp,
            "HTTP 302: redirects to another page of the same address, such as a login",
        ),
    ],
)
def test_the_connection_test_says_what_to_do_about_a_service_that_is_not_there(answer, error, said):
    with serving() as peer:
        peer.answers = [answer]
        with pytest.raises(error, match=said):
            check(connected(peer.url))


def test_the_connection_test_says_what_to_do_about_a_call_that_is_not_answered():
    with serving() as peer:
        peer.respond = lambda asked: Answer(WSDL) if "WSDL" in asked.path else Answer(b"", 503)
        with pytest.raises(RetryLater, match=r"a call is not answered: HTTP 503.*test again later"):
            check(connected(peer.url), 52)


def test_the_connection_test_says_that_nothing_listens():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(RetryLater, match="nothing listens at this host and port"):
        check(connected(f"http://127.0.0.1:{port}/x.asmx"))


def test_an_answer_without_end_is_not_read_for_ever(monkeypatch):
    monkeypatch.setenv(settings.MAX_ANSWER_BYTES.name, "1048576")
    with serving() as peer:
        peer.answers = [Answer(b"<" * 1048577)]
        with pytest.raises(OutcomeUnknown, match="more than 1048576 bytes"):
            offer(connected(peer.url))


def test_the_connection_test_asks_for_every_profession_group_of_the_account(site):
    site.group(ORG)
    site.group(19)
    report = registry.check(site.connection(), lambda: nullcontext(site.engine), lambda _: site.connection())
    assert report.ok
    assert [line for line in report.lines if "key" in line] == [
        "key: accepted for orgID 19",
        "key: accepted for orgID 52",
    ]
    site.sandbox.ledger.add_account(BookedAccount(accounts.PE_USER, accounts.PE_KEY, "live", "19"))
    report = registry.check(site.connection(), lambda: nullcontext(site.engine), lambda _: site.connection())
    assert (report.ok, "not set up for orgID 52" in report.lines[0]) == (False, True)
