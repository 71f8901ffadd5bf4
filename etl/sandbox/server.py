"""The sandbox server: every stand-in below its own path, /control beside them.

Settings for the whole are the arguments of ``create_app``; faults, counters and changes go through
``Sandbox`` (in the same process) or /control (over HTTP).
"""

import asyncio
import socket
from collections.abc import Iterator, MutableMapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import Any, TypeVar

import uvicorn
from starlette.types import Receive, Scope, Send

from etl.sandbox.coachview.system import Coachview
from etl.sandbox.control import control_app
from etl.sandbox.faults import AFTER, INSTEAD, FaultKind, Faults
from etl.sandbox.frame import Call, Counters, SandboxReply, System
from etl.sandbox.ilias.system import Ilias
from etl.sandbox.infocaption.system import InfoCaption
from etl.sandbox.journal import Journal
from etl.sandbox.moodle.generated import GeneratedMoodle
from etl.sandbox.moodle.recorded import RecordedMoodle
from etl.sandbox.pe_online.ledger import Ledger
from etl.sandbox.pe_online.system import PeOnline

T = TypeVar("T")

# uvicorn closes the connection without an answer when an application returns anything but None.
CLOSE_UNANSWERED = "closed on request"


class SandboxApp:
    """The ASGI application: finds the stand-in by the first part of the path."""

    def __init__(self, systems: Sequence[System]) -> None:
        self.faults = Faults()
        self.counters = Counters()
        self.systems = {system.name: system for system in systems}
        self._control = control_app(self.systems, self.faults, self.counters, self.reset)

    def reset(self) -> None:
        """Everything as it was at first: faults, counters, sites and ledgers."""
        self.faults.clear()
        self.counters.reset()
        for system in self.systems.values():
            system.reset()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> str | None:
        """Answer one request, as well or as badly as was ordered."""
        _, name, *_ = scope["path"].split("/", 2)
        if name not in self.systems:
            await self._control(scope, receive, send)
            return None
        system = self.systems[name]
        call = await _call(scope, receive, name)
        operation = system.operation(call)
        with self.counters.counting(name, operation):
            reply = await self._reply(system, call, operation)
        if reply is None:
            return CLOSE_UNANSWERED
        await _send(send, reply)
        return None

    def close(self) -> None:
        """Let go of what the stand-ins hold open."""
        for system in self.systems.values():
            system.close()

    async def _reply(self, system: System, call: Call, operation: str) -> SandboxReply | None:
        fault = self.faults.take(system.name, operation, {**call.form, "path": call.path})
        if fault is None:
            return system.answer(call)
        if fault.kind is FaultKind.DROP:
            return None
        if fault.kind in INSTEAD:
            return INSTEAD[fault.kind](fault)
        reply = system.answer(call)
        if fault.kind is FaultKind.LOST_ANSWER:
            return None
        if fault.kind is FaultKind.SLOW:
            await asyncio.sleep(fault.seconds)
            return reply
        return AFTER[fault.kind](reply, fault)


async def _call(scope: Scope, receive: Receive, name: str) -> Call:
    headers = {key.decode("latin-1").lower(): value.decode("latin-1") for key, value in scope["headers"]}
    body, more = b"", True
    while more:
        message: MutableMapping[str, Any] = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return Call(
        method=scope["method"],
        path=scope["path"].removeprefix(f"/{name}"),
        query=scope["query_string"].decode("latin-1"),
        headers=headers,
        body=body,
        origin=f"{scope['scheme']}://{headers.get('host', '')}/{name}",
    )


async def _send(send: Send, reply: SandboxReply) -> None:
    length = len(reply.body) if reply.announced is None else reply.announced
    headers = {"content-type": reply.media_type, "content-length": str(length), **reply.headers}
    raw = [(key.lower().encode(), value.encode()) for key, value in headers.items()]
    await send({"type": "http.response.start", "status": reply.status, "headers": raw})
    # More was announced than is sent: uvicorn closes the connection in the middle of the body.
    await send({"type": "http.response.body", "body": reply.body, "more_body": length > len(reply.body)})


def create_app(state_dir: Path | None = None, systems: Sequence[System] | None = None) -> SandboxApp:
    """The whole sandbox; what must outlive a restart is kept in ``state_dir`` (None: nothing is)."""
    if systems is None:
        ledger = Ledger(state_dir / "pe_online.sqlite" if state_dir else None)
        systems = [
            RecordedMoodle(_journal(state_dir, "moodle")),
            GeneratedMoodle(),
            InfoCaption(),
            PeOnline(ledger),
            Coachview(_journal(state_dir, "coachview")),
            Ilias(),
        ]
    return SandboxApp(systems)


def _journal(state_dir: Path | None, system: str) -> Journal | None:
    return Journal(state_dir / f"{system}.jsonl") if state_dir else None


@dataclass(frozen=True)
class Sandbox:
    """A running sandbox, and handles on what is inside it."""

    url: str
    app: SandboxApp

    @property
    def faults(self) -> Faults:
        """Order faults here."""
        return self.app.faults

    @property
    def counters(self) -> Counters:
        """Read here what was called."""
        return self.app.counters

    def reset(self) -> None:
        """Everything as it was at first."""
        self.app.reset()

    @property
    def moodle(self) -> RecordedMoodle:
        """The recorded Moodle site."""
        return _system(self.app, RecordedMoodle)

    @property
    def generated(self) -> GeneratedMoodle:
        """The generated Moodle site."""
        return _system(self.app, GeneratedMoodle)

    @property
    def infocaption(self) -> InfoCaption:
        """InfoCaption."""
        return _system(self.app, InfoCaption)

    @property
    def coachview(self) -> Coachview:
        """Coachview."""
        return _system(self.app, Coachview)

    @property
    def ilias(self) -> Ilias:
        """ILIAS."""
        return _system(self.app, Ilias)

    @property
    def pe(self) -> PeOnline:
        """PE-Online."""
        return _system(self.app, PeOnline)

    @property
    def ledger(self) -> Ledger:
        """PE-Online's own ledger."""
        return self.pe.ledger


def _system(app: SandboxApp, kind: type[T]) -> T:
    return next(system for system in app.systems.values() if isinstance(system, kind))


@contextmanager
def serve(host: str = "127.0.0.1", port: int = 0, state_dir: Path | None = None) -> Iterator[Sandbox]:
    """Run the sandbox in a thread of this process while the block lasts; port 0 takes a free one."""
    app = create_app(state_dir)
    listener = _listen(host, port)
    server = uvicorn.Server(_config(app))
    thread = Thread(target=server.run, kwargs={"sockets": [listener]}, name="sandbox", daemon=True)
    thread.start()
    try:
        yield Sandbox(f"http://{host}:{listener.getsockname()[1]}", app)
    finally:
        server.should_exit = True
        thread.join()
        app.close()


def run(port: int, state_dir: Path | None = None, host: str = "127.0.0.1") -> None:
    """Run the sandbox until the process is told to stop. Raises OSError when the port is taken."""
    listener = _listen(host, port)
    app = create_app(state_dir)
    try:
        uvicorn.Server(_config(app)).run(sockets=[listener])
    finally:
        app.close()


def _listen(host: str, port: int) -> socket.socket:
    # Listening before the server starts: a caller that comes early waits instead of being refused.
    listener = socket.create_server((host, port), backlog=256)
    listener.setblocking(False)
    return listener


def _config(app: SandboxApp) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        lifespan="off",
        proxy_headers=False,
        access_log=False,
        log_level="critical",  # closing connections is what it is asked to do
        timeout_graceful_shutdown=1,
    )
