"""Why a call got no answer: each cause its own sentence, over real sockets, and the same for every client."""

import asyncio
import socket
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from ssl import PROTOCOL_TLS_SERVER, SSLContext
from threading import Thread

import aiohttp
import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from etl.errors import EtlError, GiveUp, RetryLater
from etl.http.client import Caller
from etl.http.unanswered import why

TLS_ALERT = b"\x15\x03\x03\x00\x02\x02"
LISTEN = "nothing listens at this host and port: is the system up, and is the port right?"
NO_TLS = "the host speaks no TLS on this port: enter http:// before the host, or the port on which it does"
ONLY_TLS = "the host speaks TLS on this port: enter https:// before the host"
NO_COMMON = (
    "the host and this machine have no version or cipher of TLS in common: the host's TLS has to be renewed"
)
NOT_AGREED = "the host ended the connection while TLS was being agreed"
ENDED = "the connection ended before an answer came"
OVER_PLAIN = f"{ENDED} (if the host asks for TLS, enter https://)"
UNTRUSTED = "the certificate of the host is not trusted"


@contextmanager
def answering(answer: Callable[[socket.socket], object], tls: SSLContext | None = None) -> Iterator[str]:
    """A host and port where every connection is handled by ``answer``."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                try:
                    served = tls.wrap_socket(connection, server_side=True) if tls else connection
                    answer(served)
                except OSError:
                    continue

    thread = Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"127.0.0.1:{listener.getsockname()[1]}"
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()


def plain(connection: socket.socket) -> None:
    connection.recv(4096)
    connection.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")


def hangs_up(connection: socket.socket) -> None:
    connection.recv(4096)


def resets(connection: socket.socket) -> None:
    connection.recv(4096)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def alerts(number: bytes) -> Callable[[socket.socket], object]:
    def answer(connection: socket.socket) -> None:
        connection.recv(4096)
        connection.sendall(TLS_ALERT + number)
        connection.shutdown(socket.SHUT_WR)
        is_silent(connection)  # closing on what was not read resets the connection, and the alert with it

    return answer


def is_silent(connection: socket.socket) -> None:
    while connection.recv(4096):
        pass


def breaks_off(connection: socket.socket) -> None:
    connection.recv(4096)
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf")


@pytest.mark.parametrize(
    ("protocol", "answer", "said", "needs_person"),
    [
        ("https", plain, NO_TLS, True),
        ("https", alerts(b"\x46"), NO_COMMON, True),  # protocol_version
        ("https", alerts(b"\x28"), NO_COMMON, True),  # handshake_failure
        ("https", hangs_up, NOT_AGREED, False),
        ("https", is_silent, "TLS was not agreed in time: is this the port of the system?", False),
        ("http", alerts(b"\x16"), ONLY_TLS, True),
        ("http", hangs_up, OVER_PLAIN, False),
        ("http", resets, OVER_PLAIN, False),
        ("http", is_silent, "the host was silent for too long", False),
        ("http", breaks_off, "the answer broke off or could not be unpacked", False),
    ],
)
def test_each_cause_has_its_own_sentence(protocol, answer, said, needs_person):
    with answering(answer) as place:
        found = asked(f"{protocol}://{place}/")
    assert (found.said, found.needs_person) == (said, needs_person)


def asked(address):
    with requests.Session() as session:
        session.trust_env = False
        with pytest.raises((requests.RequestException, ValueError)) as failed:
            session.get(address, timeout=0.3)
    return why(failed.value, address)


@pytest.mark.parametrize("address", ["host.example/x", "ftp://host.example", "http://", "http://a..b"])
def test_what_is_no_address(address):
    found = asked(address)
    assert (found.said, found.needs_person) == ("this is no web address, such as https://host.example", True)


@pytest.mark.parametrize("protocol", ["http", "https"])
def test_nobody_listening(protocol):
    found = asked(f"{protocol}://127.0.0.1:9/")
    assert (found.said, found.needs_person) == (LISTEN, False)


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (socket.EAI_NONAME, "no host of this name is known: correct the host, or look at this machine's name server"),
        (socket.EAI_AGAIN,
         "the host's name could not be looked up just now: look at this machine's name server"),
    ],
)  # fmt: skip
def test_a_name_that_is_not_known(code, said, monkeypatch):
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(code, "s3cret.example")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    assert asked("https://s3cret.example/").said == said


def test_no_connection_in_time(monkeypatch):
    def waits(*_: object, **__: object) -> None:
        raise TimeoutError("timed out")

    monkeypatch.setattr(socket.socket, "connect", waits)
    assert asked("http://127.0.0.1:9/").said.startswith("no connection in time: is the system up")


def certificate(folder, name="127.0.0.1", days=(-1, 1)):
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "peer")])
    now = datetime.now(UTC)
    names = [x509.IPAddress(ip_address(name))] if name[0].isdigit() else [x509.DNSName(name)]
    made = (
        x509.CertificateBuilder(
            subject, subject, key.public_key(), 1, *(now + timedelta(days=day) for day in days)
        )
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = folder / "peer.pem"
    pem = made.public_bytes(Encoding.PEM)
    file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()) + pem)
    (folder / "trusted.pem").write_bytes(pem)
    context = SSLContext(PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context


@pytest.mark.parametrize(
    ("keywords", "trusted", "found"),
    [
        ({}, False, "the host signed it itself"),
        ({"days": (-2, -1)}, True, "it has expired"),
        ({"days": (1, 2)}, True, "it is not valid yet: look at this machine's clock"),
        ({"name": "other.example"}, True, "it was issued for another name: enter the host by its name"),
    ],
)
def test_a_certificate_that_is_not_trusted_is_told_why(keywords, trusted, found, tmp_path):
    with answering(plain, certificate(tmp_path, **keywords)) as place, requests.Session() as session:
        session.trust_env = False
        session.verify = str(tmp_path / "trusted.pem") if trusted else True
        with pytest.raises(requests.exceptions.SSLError) as failed:
            session.get(f"https://{place}/", timeout=5)
    reason = why(failed.value, f"https://{place}/")
    assert (reason.said, reason.needs_person) == (f"{UNTRUSTED}: {found}", True)


@pytest.mark.parametrize(
    ("answer", "said", "needs_person"),
    [
        (None, "the proxy that this machine is set to use (HTTPS_PROXY) cannot be reached", False),
        (b"407 Proxy Authentication Required",
         "the proxy that this machine is set to use (HTTPS_PROXY) refused with HTTP 407: give its login in HTTPS_PROXY",
         True),
        (b"403 Forbidden",
         "the proxy that this machine is set to use (HTTPS_PROXY) refused with HTTP 403: it has to allow this host",
         True),
    ],
)  # fmt: skip
def test_a_proxy_that_does_not_connect(answer, said, needs_person):
    def refuses(connection: socket.socket) -> None:
        connection.recv(4096)
        connection.sendall(b"HTTP/1.1 " + (answer or b"") + b"\r\nContent-Length: 0\r\n\r\n")

    with answering(refuses) as place:
        proxy = f"http://{place}" if answer else "http://127.0.0.1:9"
        with pytest.raises(requests.exceptions.ProxyError) as failed:
            requests.get("https://site.example/", proxies={"https": proxy}, timeout=5)
    found = why(failed.value, "https://site.example/")
    assert (found.said, found.needs_person) == (said, needs_person)


@pytest.mark.parametrize(
    ("protocol", "answer", "said"),
    [
        ("https", plain, NO_TLS),
        ("https", alerts(b"\x28"), NO_COMMON),
        ("http", hangs_up, OVER_PLAIN),
        ("http", is_silent, "the host was silent for too long"),
    ],
)
def test_the_errors_of_another_library_say_the_same(protocol, answer, said):
    async def ask(address: str) -> None:
        limits = aiohttp.ClientTimeout(sock_read=0.3)
        async with aiohttp.ClientSession(timeout=limits) as session, session.get(address):
            pass

    with answering(answer) as place, pytest.raises(Exception) as failed:  # noqa: PT011 - whatever it raises
        asyncio.run(ask(f"{protocol}://{place}/"))
    assert why(failed.value, f"{protocol}://{place}/").said == said


@pytest.mark.parametrize(
    ("protocol", "error", "words"), [("https", GiveUp, NO_TLS), ("http", RetryLater, LISTEN)]
)
def test_a_client_says_what_to_do_and_whether_to_try_again(protocol, error, words):
    with answering(plain) as place:
        host = place if protocol == "https" else "127.0.0.1:9"
        with (
            Caller("Peer", f"{protocol}://{host}", wait_limit=0) as caller,
            pytest.raises(EtlError) as caught,
        ):
            caller.read("call", "path", bytes)
    assert type(caught.value) is error
    assert str(caught.value) == f"Peer: call: no complete answer: {words}"
