"""The receiver as an ASGI application: SOAP in, contract out (spec/iep_lvs_uwlr.md, Who calls whom).

``uvicorn etl.receive.app:app`` runs it alone; Airflow's API server mounts ``create_app()`` below a path of
its own. Senders prove who they are inside the message, so there is no login in front of it. Put TLS before
it. ``UWLR_MAX_BYTES`` is the largest message that is taken (default 20 MiB).
"""

import asyncio
import logging
import os
from collections.abc import Callable
from functools import cache
from typing import Final
from xml.sax.saxutils import quoteattr

from anyio import CapacityLimiter, to_thread
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from etl import embedded, schema
from etl.errors import EtlError
from etl.receive.contract import FOLDER
from etl.receive.faults import Code, Fault
from etl.receive.uwlr import Answer, Receiver, refusal

MAX_BYTES: Final = "UWLR_MAX_BYTES"
_DEFAULT_MAX_BYTES: Final = 20 * 1024 * 1024
_DRAINED: Final = (
    10  # a sender that sends up to this many times too much is heard out, so that it gets the fault
)
_SECONDS_TO_SEND: Final = 120
_AT_ONCE: Final = 4  # messages in memory as parsed results; the others wait as bytes
_log = logging.getLogger(__name__)
_SCHEMAS: Final = ("leerresultaten", "autorisatie", "dossier")


class Burst:
    """Tells once that messages came in: when none has come for a while, and in any case before long."""

    QUIET: Final = 30.0
    LONGEST: Final = 300.0

    def __init__(self, tell: Callable[[], None]) -> None:
        self._tell = tell
        self._first = 0.0
        self._timer: asyncio.TimerHandle | None = None

    def message(self) -> None:
        """A message was acknowledged."""
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


def create_app(url: str | None = None, tell: Callable[[], None] = lambda: None) -> Starlette:
    """The receiver for the warehouse at ``url``; without it, the one that the environment names.

    The warehouse is only connected to when the first message comes. ``tell`` is called, in a thread of its own,
    after each burst of messages that were acknowledged; what it does is lost when it fails.
    """
    burst = Burst(tell)
    receiver = cache(lambda: Receiver(schema.checked(url or embedded.start_warehouse())))
    limiter = cache(lambda: CapacityLimiter(_AT_ONCE))
    most = int(os.environ.get(MAX_BYTES) or _DEFAULT_MAX_BYTES)

    def take(body: bytes) -> Answer:
        try:
            ready = receiver()
        except EtlError as problem:  # the next message tries again
            _log.error("%s", problem)
            return refusal(Fault(Code.NOT_NOW, "results cannot be stored now"))
        return ready.bring(body)

    async def bring(request: Request) -> Response:
        try:
            async with asyncio.timeout(_SECONDS_TO_SEND):
                body = await _read_body(request, most)
        except Fault as fault:
            return _response(refusal(fault))
        except (TimeoutError, ClientDisconnect):
            return Response(status_code=408)
        answer = await to_thread.run_sync(lambda: take(body), limiter=limiter())
        if answer.is_acknowledgement:
            burst.message()
        return _response(answer)

    routes = [
        Route("/leerresultaten", bring, methods=["POST"]),
        Route("/leerresultaten", _wsdl, methods=["GET"]),
        *(Route(f"/{name}.xsd", _schema, methods=["GET"]) for name in _SCHEMAS),
    ]
    return Starlette(routes=routes)


async def _read_body(request: Request, most: int) -> bytes:
    announced = request.headers.get("content-length", "")
    if announced.isdigit() and int(announced) > _DRAINED * most:
        raise _too_large(most)
    body, size = bytearray(), 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > _DRAINED * most:
            break
        if size <= most:
            body += chunk
        else:
            body.clear()
    if size > most:
        raise _too_large(most)
    return bytes(body)


def _too_large(most: int) -> Fault:
    return Fault(Code.MESSAGE, f"the message is larger than {most} bytes: send it in parts")


async def _wsdl(request: Request) -> Response:
    contract = (FOLDER / "leerresultaten.wsdl").read_text(encoding="utf-8")
    address = str(request.url.replace(query=""))
    located = contract.replace('location="leerresultaten"', f"location={quoteattr(address)}")
    return Response(located, media_type="text/xml")


async def _schema(request: Request) -> Response:
    return Response((FOLDER / request.url.path.rpartition("/")[2]).read_bytes(), media_type="text/xml")


def _response(answer: Answer) -> Response:
    return Response(answer.body, answer.status, {"content-type": answer.content_type})


app = create_app()
