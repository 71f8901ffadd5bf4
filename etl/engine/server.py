"""Receivers as a server of their own, which hangs up on callers that do not finish what they began to ask.

A body has its deadline in the application; what comes before it, the head of a request, only the server sees.
"""

import asyncio
import socket
from collections.abc import Iterable

import uvicorn
from starlette.applications import Starlette
from starlette.routing import Mount as Below
from uvicorn.protocols.http.h11_impl import H11Protocol

from etl.engine.connector import Mount
from etl.engine.mounting import ALONE, Asgi, Host, receiver


class PromptProtocol(H11Protocol):
    """HTTP as uvicorn speaks it; whoever has no whole request head within ``SECONDS`` is hung up on."""

    SECONDS = 20.0
    _late: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """The first request is due."""
        super().connection_made(transport)
        self._expect()

    def on_response_complete(self) -> None:
        """The next request is due, if the caller stays."""
        self._expect()
        super().on_response_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing is due any more."""
        if self._late is not None:
            self._late.cancel()
        super().connection_lost(exc)

    def _expect(self) -> None:
        if self._late is not None:
            self._late.cancel()
        self._late = self.loop.call_later(self.SECONDS, self._hang_up)

    def _hang_up(self) -> None:
        if self.cycle is None or self.cycle.response_complete:
            self.transport.close()


def receivers(mounts: Iterable[Mount], host: Host = ALONE) -> Starlette:
    """Each receiver below its path, for the warehouse of the environment. Flows see what came in when they run."""
    return Starlette(routes=[Below(mount.path, app=receiver(mount, host)) for mount in mounts])


def serve(app: Asgi, host: str, port: int) -> None:
    """Serve receivers until the process is told to stop."""
    server(app).run(sockets=[socket.create_server((host, port))])


def server(app: Asgi, protocol: type[PromptProtocol] = PromptProtocol) -> uvicorn.Server:
    """A server of receivers; FORWARDED_ALLOW_IPS names the proxies whose word on callers is taken."""
    config = uvicorn.Config(app, http=protocol, lifespan="off", log_level="warning")
    return uvicorn.Server(config)
