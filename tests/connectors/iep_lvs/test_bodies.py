"""Without a key nobody costs much memory or time: unfinished, slow and packed requests have bounds."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

import pytest
from starlette.requests import Request

from etl.connectors.iep_lvs.app import create_app
from etl.engine.bodies import Uploads
from etl.engine.server import PromptProtocol, server
from etl.errors import ComeAgain
from etl.sandbox.iep_lvs.sender import Sender, samples
from tests.connectors.iep_lvs.conftest import serving
from tests.connectors.iep_lvs.school import KEY

NIGHT = samples()["first_night"]


def begin(address: str, size: int, announced: int) -> socket.socket:
    """A caller that sends the first ``size`` bytes of a body and then nothing."""
    there = urlsplit(address)
    caller = socket.create_connection((there.hostname, there.port), timeout=60)
    head = f"POST {there.path} HTTP/1.1\r\nHost: x\r\nContent-Type: text/xml\r\nContent-Length: {announced}\r\n\r\n"
    caller.sendall(head.encode() + b" " * size)
    return caller


def test_unfinished_uploads_hold_little_in_all_and_keep_nobody_from_delivering(
    warehouse: str, school: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UWLR_MAX_BYTES", "100000")
    with serving(warehouse) as address:
        callers = [begin(address, 90_000, 99_000) for _ in range(40)]
        assert Sender(address, KEY).send(NIGHT).taken
        told = callers[0].recv(4096)
        assert b"Server.TijdelijkNietBeschikbaar" in told
        callers[-1].setblocking(False)
        with pytest.raises(BlockingIOError):  # the last ones are still waited for
            callers[-1].recv(1)
        for caller in callers:
            caller.close()


def request_of(pieces: AsyncIterator[bytes]) -> Request:
    """A request whose body comes in these pieces."""

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": await anext(pieces), "more_body": True}

    return Request({"type": "http", "method": "POST", "headers": [], "path": "/"}, receive)


def test_a_body_that_never_ends_has_a_deadline() -> None:
    async def drip() -> AsyncIterator[bytes]:
        while True:
            yield b" "
            await asyncio.sleep(0)

    async def read() -> None:
        uploads = Uploads(1000, seconds=0.05)
        with uploads.upload() as upload:
            await uploads.read(request_of(drip()), 10**9, upload)

    with pytest.raises(ComeAgain, match="did not come in whole in time"):
        asyncio.run(read())


def test_the_oldest_unfinished_upload_makes_room_and_whole_ones_never_do() -> None:
    async def pieces(number: int, size: int) -> AsyncIterator[bytes]:
        for _ in range(number):
            yield b" " * size
        await asyncio.Event().wait()

    async def run() -> list[object]:
        uploads = Uploads(100, seconds=60)
        with uploads.upload() as whole:
            whole.held = 30  # it came in, and waits for its turn
            with uploads.upload() as first, uploads.upload() as second:
                tasks = [
                    asyncio.create_task(uploads.read(request_of(pieces(5, 10)), 1000, upload))
                    for upload in (first, second)
                ]
                done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
                outcome = ["first" if tasks[0] in done else "second", type(tasks[0].exception())]
                tasks[1].cancel()
                await asyncio.gather(tasks[1], return_exceptions=True)
            with uploads.upload() as large:
                large_task = uploads.read(request_of(pieces(1, 80)), 1000, large)
                with pytest.raises(ComeAgain):
                    await large_task
                return outcome

    assert asyncio.run(run()) == ["first", ComeAgain]


class Impatient(PromptProtocol):
    SECONDS = 0.5


class Patient(PromptProtocol):
    SECONDS = 2.0  # a request that is being made is not hung up on, however busy the machine is


@contextmanager
def prompt(url: str, protocol: type[PromptProtocol]) -> Iterator[tuple[str, int]]:
    """The receiver as ``etl serve`` runs it, with little patience."""
    listener = socket.create_server(("127.0.0.1", 0))
    made = server(create_app(url), protocol)
    thread = Thread(target=made.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()
    finally:
        made.should_exit = True
        thread.join()


@pytest.mark.parametrize("begun", [b"", b"POST /leer", b"POST /leerresultaten HTTP/1.1\r\nHost: x\r\n"])
def test_a_caller_that_does_not_finish_its_head_is_hung_up_on(begun: bytes, warehouse: str) -> None:
    with prompt(warehouse, Impatient) as there, socket.create_connection(there, timeout=30) as caller:
        caller.sendall(begun)
        assert caller.recv(1) == b""


@pytest.mark.long
def test_a_caller_may_send_one_request_after_another(warehouse: str, school: str) -> None:
    with prompt(warehouse, Patient) as (host, port):
        sender = Sender(f"http://{host}:{port}/leerresultaten", KEY)
        assert sender.send(NIGHT).taken
        with socket.create_connection((host, port), timeout=30) as caller:
            for _ in range(3):
                caller.sendall(b"GET /leerresultaten.xsd HTTP/1.1\r\nHost: x\r\n\r\n")
                assert caller.recv(65536).startswith(b"HTTP/1.1 200 OK")
            caller.sendall(b"GET /leer")
            while caller.recv(65536):
                pass
