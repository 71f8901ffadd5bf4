"""What every receiver does, whatever the system: take the body in bounds, keep it, then answer; tell of bursts.

A connector that receives names an application in its ``Connector`` (a ``Mount``), gives it the routes of its system and
lets ``posted_to`` handle what is posted; how a sender proves who it is, and what is read and answered, is its own.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from functools import cache, partial
from typing import Final, Protocol

from anyio import CapacityLimiter, to_thread
from sqlalchemy import Engine
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from etl.db import embedded, schema
from etl.engine.bodies import Posted, Upload, Uploads
from etl.engine.guesses import Turn
from etl.engine.mounting import Tell
from etl.errors import ComeAgain, EtlError, Malformed, NotTaken

_SECONDS_TO_SEND: Final = 120
_AT_ONCE: Final = 4  # messages in memory as parsed results; as many of the largest ones wait as bytes
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class HttpAnswer:
    """What goes back over HTTP. ``is_taken``: the message is in the inbox now."""

    status: int
    content_type: str
    body: bytes
    is_taken: bool = False


class Taker(Protocol):
    """What takes the messages of one system; made once for a warehouse, used by many threads."""

    def take(self, posted: Posted, *, has_waited: bool = False) -> HttpAnswer:
        """Keep one message and answer. Raises Turn when its sender has to wait; all else is an answer."""


class Burst:
    """Tells once that messages came in: when none has come for a while, and in any case before long."""

    QUIET: Final = 30.0
    LONGEST: Final = 300.0

    def __init__(self, tell: Tell) -> None:
        self._tell = tell
        self._first = 0.0
        self._timer: asyncio.TimerHandle | None = None

    def message(self) -> None:
        """A message was taken."""
        loop = asyncio.get_running_loop()
        if self._timer is None:
            self._first = loop.time()
        else:
            self._timer.cancel()
        when = min(loop.time() + self.QUIET, self._first + self.LONGEST)
        self._timer = loop.call_at(when, self._over, loop)

    def _over(self, loop: asyncio.AbstractEventLoop) -> None:
        self._timer = None
        loop.run_in_executor(None, self._tell)


def posted_to(
    taker: Callable[[Engine], Taker],
    refusal: Callable[[NotTaken], HttpAnswer],
    most: int,
    url: str | None,
    tell: Tell,
) -> Callable[[Request], Awaitable[Response]]:
    """What handles the messages of one system, none larger than ``most`` bytes.

    They are for the warehouse at ``url``, or else for the one that the environment names, which is only connected to
    when the first one comes. ``refusal``: how its senders are told. ``tell`` is called, in a thread of its own, after
    each burst of messages that were taken; what it does is lost when it fails.
    """
    burst = Burst(tell)
    made = cache(lambda: taker(schema.checked(url or embedded.start_warehouse())))
    limiter = cache(lambda: CapacityLimiter(_AT_ONCE))
    uploads = Uploads(_AT_ONCE * most, _SECONDS_TO_SEND)

    def take(posted: Posted, *, has_waited: bool = False) -> HttpAnswer:
        try:
            ready = made()
        except EtlError as problem:  # the next message tries again
            _log.error("%s", problem)
            return refusal(ComeAgain("results cannot be stored now"))
        return ready.take(posted, has_waited=has_waited)

    async def in_turn(posted: Posted) -> HttpAnswer:
        try:
            return await to_thread.run_sync(take, posted, limiter=limiter())
        except Turn as turn:
            await asyncio.sleep(turn.seconds)
            return await to_thread.run_sync(partial(take, posted, has_waited=True), limiter=limiter())

    async def handle(request: Request) -> Response:
        with uploads.upload() as upload:
            try:
                answer = await in_turn(await _posted(request, uploads, upload, most))
            except NotTaken as problem:
                answer = refusal(problem)
            except ClientDisconnect:
                return Response(status_code=408)
        if answer.is_taken:
            burst.message()
        return Response(answer.body, answer.status, {"content-type": answer.content_type})

    return handle


async def _posted(request: Request, uploads: Uploads, upload: Upload, most: int) -> Posted:
    address = request.client.host if request.client else ""
    head = Posted(b"", dict(request.headers), address, request.path_params)
    if head.content_type.startswith("multipart/"):
        raise Malformed("messages in parts (MTOM, attachments) are not read: send the message alone")
    return replace(head, body=await uploads.read(request, most, upload))
