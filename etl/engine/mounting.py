"""Applications that are built for their first request: the receivers of the connectors, and the pages."""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from etl.connections import Connection, from_environment
from etl.engine.connector import Mount, load
from etl.errors import EtlError

Asgi = Callable[..., Awaitable[None]]
Tell = Callable[[], None]
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Host:
    """What serves an application: ``tell`` is called after each burst of messages that were taken, ``connect`` finds
    the connections that hold secrets.
    """

    tell: Tell = lambda: None
    connect: Callable[[str], Connection] = from_environment


ALONE: Final = Host()


class Mounted:
    """An application, built when it is asked for: a fault in one stops nothing but itself, and the next request tries
    again.
    """

    def __init__(self, build: Callable[[], Asgi]) -> None:
        self._build = cache(build)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Pass the request on."""
        try:
            app = self._build()
        except EtlError as problem:  # of a setting; whoever asks tries again
            log.error("%s", problem)
            app = _not_now
        await app(scope, receive, send)


def receiver(mount: Mount, host: Host = ALONE) -> Mounted:
    """Where senders of a connector find us."""
    return Mounted(lambda: load(mount.app)(host=host))


async def _not_now(scope: Any, receive: Any, send: Any) -> None:
    headers = [(b"content-type", b"text/plain"), (b"retry-after", b"300")]
    await send({"type": "http.response.start", "status": 503, "headers": headers})
    await send({"type": "http.response.body", "body": b"results cannot be stored now"})
