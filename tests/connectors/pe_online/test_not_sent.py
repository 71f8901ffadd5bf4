"""Before the request has left nothing is unknown, nor is what was refused; a lost answer has its cause."""

import socket
import ssl
from contextlib import contextmanager
from threading import Thread

import pytest

from etl.connections import Connection
from etl.connectors.pe_online import answers, payload
from etl.connectors.pe_online.account import account
from etl.connectors.pe_online.client import PeClient
from etl.connectors.pe_online.payload import Attendance
from etl.errors import GiveUp, OutcomeUnknown, RetryLater
from etl.http import transport
from etl.sandbox import accounts
from tests.fixtures.http_peer import Answer, self_signed, serving

ROW = Attendance(1, 2, "052001", "2026-09-25T17:13:20+02:00", pe_course_id="301245")
SUMMARY = (
    "<soap:Envelope xmlns:soap='http://schemas.xmlsoap.org/soap/envelope/'><soap:Body><ProcessXMLResponse xmlns="
    "'https://www.pe-online.org/pe-services/PE_AttendanceElearning/WriteAttendance'><ProcessXMLResult>"
    "<Summary xmlns=''><Results><rejected_rows>0</rejected_rows><accepted_rows>1</accepted_rows>"
    "<total_rows>1</total_rows></Results>"
    "<Accepted><person>052001</person><course>301245</course><date>25-09-2026</date>{}</Accepted></Summary>"
    "</ProcessXMLResult></ProcessXMLResponse></soap:Body></soap:Envelope>"
)
_TOLD = SUMMARY.format("")
ANSWER = f"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: {len(_TOLD)}\r\n\r\n{_TOLD}".encode()
FAULT = (
    "<soap:Envelope xmlns:soap='http://schemas.xmlsoap.org/soap/envelope/'><soap:Body><soap:Fault><faultcode>soap:Server"
    "</faultcode><faultstring>052001</faultstring></soap:Fault></soap:Body></soap:Envelope>"
)


def offer(url, **extra):
    pe_account = account(Connection("pe_online", "pe_online", url, "5201", accounts.PE_KEY, extra=extra))
    with PeClient(pe_account) as client:
        return answers.read(client.process(payload.entry(pe_account, 52, [ROW])))


def offer_twice(url):
    """The second call follows the first one at once, in one push."""
    pe_account = account(Connection("pe_online", "pe_online", url, "5201", accounts.PE_KEY))
    with PeClient(pe_account) as client:
        for _ in range(2):
            client.process(payload.entry(pe_account, 52, [ROW]))


@contextmanager
def raw(respond):
    """A server that does with each connection what it is told."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer():
            try:
                while True:
                    connection, _ = listener.accept()
                    with connection:
                        respond(connection)
            except OSError:
                return  # closed: the test is over

        Thread(target=answer, daemon=True).start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)


pytestmark = pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1_1")


@pytest.fixture
def through(monkeypatch):
    """Let calls to other hosts go through a proxy on this port."""

    def through(port):
        for name in ("NO_PROXY", "no_proxy"):
            monkeypatch.delenv(name, raising=False)
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
            monkeypatch.setenv(name, f"http://user:secret@127.0.0.1:{port}")

    return through


@pytest.mark.parametrize(
    ("status", "error"),
    [(407, GiveUp), (403, GiveUp), (502, RetryLater), (503, RetryLater), (504, RetryLater)],
)
def test_a_proxy_that_refuses_to_connect_sent_nothing(through, status, error):
    refusal = f"HTTP/1.1 {status} No\r\nContent-Length: 0\r\n\r\n".encode()
    with raw(lambda peer: (peer.recv(9999), peer.sendall(refusal))) as port:
        through(port)
        with pytest.raises(error, match=f"nothing was sent.*{status}") as raised:
            offer("https://pe.test/x.asmx")
    assert not {"secret", "pe.test"} & set(str(raised.value).replace(":", " ").split())


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_proxy_that_is_down_sent_nothing(through, scheme):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    through(port)
    with pytest.raises(RetryLater, match=r"nothing was sent: the proxy .* cannot be reached"):
        offer(f"{scheme}://pe.test/x.asmx")


def test_a_proxy_of_plain_http_that_asks_for_a_login_processed_nothing(through):
    with serving() as peer:
        peer.answers = [Answer(b"no", 407)]
        through(peer.url.rpartition(":")[2])
        with pytest.raises(GiveUp, match=r"407.*nothing was processed"):
            offer("http://pe.test/x.asmx")


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", GiveUp),
        (b"", RetryLater),
        (b"\x15\x03\x01\x00\x02\x02\x46", GiveUp),
    ],
)
def test_tls_that_is_not_agreed_sent_nothing(answer, error):
    with (
        raw(lambda peer: (peer.recv(9999), peer.sendall(answer))) as port,
        pytest.raises(error, match="nothing was sent"),
    ):
        offer(f"https://127.0.0.1:{port}/x.asmx")


def test_a_port_that_asks_for_tls_took_nothing_that_came_without():
    def alert(peer):
        peer.recv(9999)
        peer.sendall(b"\x15\x03\x01\x00\x02\x02\x46")
        peer.shutdown(socket.SHUT_WR)
        while peer.recv(9999):  # closing on what was not read resets the connection, and the alert with it
            pass

    with (
        raw(alert) as port,
        pytest.raises(GiveUp, match=r"nothing was sent.*enter https://"),
    ):
        offer(f"http://127.0.0.1:{port}/x.asmx")


def test_an_old_tls_version_sent_nothing():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.maximum_version = ssl.TLSVersion.TLSv1_1
    with serving(context) as peer, pytest.raises(GiveUp, match=r"nothing was sent.*TLS"):
        offer(f"{peer.url}/x.asmx")


def test_a_certificate_that_nobody_vouches_for_needs_a_person_and_sent_nothing(tmp_path):
    with (
        serving(self_signed(tmp_path)) as peer,
        pytest.raises(GiveUp, match=r"nothing was sent.*not trusted"),
    ):
        offer(f"{peer.url}/x.asmx")


def test_a_host_name_that_is_not_known_sent_nothing(monkeypatch):
    def unknown(*_, **__):
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(RetryLater, match="nothing was sent: no host of this name is known"):
        offer("http://pe.test/x.asmx")


@pytest.mark.parametrize("status", [400, 404, 407, 410, 411, 413, 414, 415, 431, 301, 308])
def test_a_refusal_of_a_server_in_between_is_not_unknown(status):
    page = Answer(b"<HTML><BODY>Bad Request</BODY></HTML>", status, {"Content-Type": "text/html"})
    with serving() as peer:
        peer.answers = [page]
        with pytest.raises(GiveUp, match=f"HTTP {status}.*nothing was processed"):
            offer(peer.url)


@pytest.mark.parametrize(
    ("answer", "cause"),
    [
        (Answer(b"<html>", 503, {"Content-Type": "text/html"}), "HTTP 503, a page"),
        (Answer(b"<html>", 200, {"Content-Type": "text/html; charset=utf-8"}), "HTTP 200, a page"),
        (Answer(b"", 202), "HTTP 202, empty"),
        (Answer(FAULT.encode(), 500, {"Content-Type": "text/xml"}), "HTTP 500, XML, soap fault soap:Server"),
        (Answer(FAULT.encode(), 200, {"Content-Type": "text/xml"}), "HTTP 200, XML, soap fault soap:Server"),
        (Answer(SUMMARY.format("").encode(), 500, {"Content-Type": "text/xml"}), "HTTP 500, XML"),
        (Answer(b"<html>", 408, {"Content-Type": "text/html"}), "HTTP 408, a page"),
        (Answer(b"x", 200, {"Content-Length": "999"}), "the answer broke off"),
    ],
)
def test_a_lost_answer_says_why_and_nothing_of_the_other_side(answer, cause):
    with serving() as peer:
        peer.answers = [answer]
        with pytest.raises(OutcomeUnknown) as raised:
            offer(peer.url)
    assert raised.value.cause.startswith(cause)
    assert cause in str(raised.value)
    assert "052001" not in str(raised.value)


def test_no_answer_in_time_is_the_cause():
    with serving() as peer:
        peer.silent = True
        with pytest.raises(OutcomeUnknown, match="silent for too long"):
            offer(peer.url, timeout_seconds=0.1)


@pytest.mark.parametrize("before", [b"\r\n<?xml version='1.0' encoding='utf-8'?>", b"\xef\xbb\xbf", b"\n  "])
@pytest.mark.parametrize("within", [b"<edition>\xe9</edition>", b""])
def test_blanks_before_the_declaration_and_a_byte_that_is_no_utf8_do_not_lose_the_answer(before, within):
    with serving() as peer:
        body = before + SUMMARY.encode().replace(b"{}", within)
        peer.answers = [Answer(body, headers={"Content-Type": "text/xml; charset=utf-8"})]
        assert offer(peer.url).accepted[0].person == "052001"


def test_no_login_goes_along_but_the_connection_s_own(through, monkeypatch, tmp_path):
    (tmp_path / "netrc").write_text("default login somebody password foreign\n")
    (tmp_path / "netrc").chmod(0o600)
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    with serving() as peer:
        peer.answers = [Answer(SUMMARY.format("").encode(), headers={"Content-Type": "text/xml"})]
        offer(peer.url)
        through(peer.url.rpartition(":")[2])
        offer("http://pe.test/x.asmx")
        assert [one.path for one in peer.asked] == ["/", "http://pe.test/x.asmx"]
        assert not any("Authorization" in one.headers for one in peer.asked)


def test_a_service_on_this_machine_is_not_asked_through_a_proxy(through):
    through(9)
    with serving() as peer:
        peer.answers = [Answer(SUMMARY.format("").encode(), headers={"Content-Type": "text/xml"})]
        assert offer(peer.url).accepted_rows == 1


def test_the_cause_stands_with_the_attempt_in_the_report_the_list_and_the_log(site, caplog):
    site.accredit()
    site.learners(2)
    site.sandbox.faults.add("pe", "unavailable")
    assert site.night() == "incomplete"
    assert site.sql("select distinct error_code from ops.outbox_attempts") == [("HTTP 503",)]
    assert site.sql("select distinct outcome, cause from ops.outbox_attempts") == [
        ("unknown", "HTTP 503, a page, no answer of the service")
    ]
    ((problem,),) = site.sql("select problem from ops.run_steps where problem is not null")
    assert "HTTP 503, a page" in problem
    ((told,),) = site.sql("select distinct explanation from mart.pe_attendance")
    assert told.endswith("Cause: HTTP 503, a page, no answer of the service.")
    assert site.sql("select distinct last_cause from mart.pe_attendance")[0][0].startswith("HTTP 503")
    assert "HTTP 503" in caplog.text


@pytest.mark.parametrize("kind", [2, 4])
def test_rows_of_every_course_type_stay_pending_when_nothing_was_sent(site, through, kind):
    site.accredit(course_type=kind, **({"pe_edition_id": "7"} if kind == 4 else {}))
    people = site.learners(3)
    through(9)
    assert site.night(url="https://pe.test/x.asmx") == "incomplete"
    assert site.statuses() == dict.fromkeys(people, "pending")
    ((cause,),) = site.sql("select distinct cause from ops.outbox_attempts")
    assert "nothing was sent" in cause


@pytest.mark.parametrize(("kept_seconds", "connections"), [(60.0, 1), (0.0, 2)])
def test_calls_that_follow_at_once_share_a_connection_and_later_ones_make_another(
    monkeypatch, kept_seconds, connections
):
    monkeypatch.setattr(transport, "_KEPT_SECONDS", kept_seconds)
    made = []

    def keeps(peer):
        made.append(peer)
        while taken(peer):
            peer.sendall(ANSWER)

    with raw(keeps) as port:
        offer_twice(f"http://127.0.0.1:{port}/x.asmx")
    assert len(made) == connections


@pytest.mark.parametrize("said", [b"Connection: close\r\n", b""])
def test_a_connection_that_the_service_closes_after_an_answer_loses_no_other_answer(said):
    made = []

    def closes(peer):
        made.append(taken(peer))
        peer.sendall(ANSWER.replace(b"\r\n\r\n", b"\r\n" + said + b"\r\n", 1))

    with raw(closes) as port:
        offer_twice(f"http://127.0.0.1:{port}/x.asmx")
    assert made == [True, True]


def taken(peer):
    """Whether a whole request came in."""
    came = b""
    while b"</soap-env:Envelope>" not in came:
        if not (part := peer.recv(9999)):
            return False
        came += part
    return True
