"""The server itself: in a thread for tests, in a process of its own for the demo."""

import signal
import socket
import subprocess
import sys

import pytest
import requests
from requests.adapters import HTTPAdapter
from urllib3 import Retry

from etl.sandbox.pe_online.ledger import Ledger
from etl.sandbox.pe_online.system import NAMESPACE, PATH
from etl.sandbox.server import run, serve
from tests.sandbox.pe_online.entries import entry, row


@pytest.fixture
def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


@pytest.fixture
def process(tmp_path, free_port):
    """The sandbox as ``etl sandbox start`` runs it, and a session that waits until it is there."""
    start = f"from pathlib import Path; from etl.sandbox.server import run; run({free_port}, Path({str(tmp_path)!r}))"
    process = subprocess.Popen([sys.executable, "-c", start])
    session = requests.Session()
    session.mount("http://", HTTPAdapter(max_retries=Retry(total=100, backoff_factor=0.02, backoff_max=0.5)))
    yield process, session, f"http://127.0.0.1:{free_port}"
    session.close()
    process.kill()
    process.wait(timeout=10)


def test_what_pe_online_answered_is_still_in_its_books_after_a_kill(process, tmp_path):
    server, session, url = process
    body = (
        '<Envelope xmlns="http://schemas.xmlsoap.org/soap/envelope/"><Body>'
        f'<ProcessXML xmlns="{NAMESPACE}"><sXML><![CDATA[{entry(row())}]]></sXML></ProcessXML></Body></Envelope>'
    )
    headers = {"SOAPAction": f'"{NAMESPACE}/ProcessXML"', "Content-Type": "text/xml"}
    answer = session.post(f"{url}/pe{PATH}", data=body, headers=headers, timeout=10)
    assert "<accepted_rows>1</accepted_rows>" in answer.text
    server.send_signal(signal.SIGKILL)
    server.wait(timeout=10)
    ledger = Ledger(tmp_path / "pe_online.sqlite")
    assert [booking["person"] for booking in ledger.bookings()] == ["052001"]
    ledger.close()


def test_it_ends_cleanly_when_told_to(process):
    server, session, url = process
    assert session.get(f"{url}/control/counters", timeout=10).ok
    server.terminate()
    assert server.wait(timeout=10) in (0, -signal.SIGTERM)


def test_a_taken_port_is_an_error_at_once(sandbox, tmp_path):
    taken = int(sandbox.url.rsplit(":", 1)[1])
    with pytest.raises(OSError, match="in use"):
        run(taken, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_it_can_be_asked_as_soon_as_it_is_there_and_is_gone_afterwards():
    with serve() as sandbox:
        assert requests.get(f"{sandbox.url}/control/counters", timeout=5).ok
    with pytest.raises(requests.ConnectionError):
        requests.get(f"{sandbox.url}/control/counters", timeout=5)


def test_it_listens_on_loopback_only(sandbox):
    assert sandbox.url.startswith("http://127.0.0.1:")


def test_the_control_pages_list_what_can_be_asked(sandbox, session):
    paths = session.get(f"{sandbox.url}/control/openapi.json", timeout=5).json()["paths"]
    assert {
        "/control/faults",
        "/control/reset",
        "/control/moodle/grades",
        "/control/pe/ledger",
    } <= paths.keys()
    assert session.get(f"{sandbox.url}/elsewhere", timeout=5).status_code == 404
