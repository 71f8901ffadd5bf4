"""The receiver as an ASGI application: SOAP in, contract out (docs/connectors/iep_lvs.md, Who calls whom).

``etl iep serve`` runs it alone; Airflow's API server mounts ``create_app()`` below a path of
its own. Senders prove who they are inside the message, so there is no login in front of it. Put TLS before
it. Settings: ``UWLR_MAX_BYTES``, ``UWLR_PUBLIC_URL`` (etl/settings.py).
"""

import asyncio
import logging
from collections.abc import Callable
from email.message import Message as Headers
from functools import cache, partial
from typing import Final
from xml.sax.saxutils import quoteattr

from anyio import CapacityLimiter, to_thread
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from etl import settings
from etl.connectors.iep_lvs.authorisation import Turn
from etl.connectors.iep_lvs.bodies import Posted, Upload, Uploads
from etl.connectors.iep_lvs.faults import Code, Fault
from etl.connectors.iep_lvs.receiver import Answer, Receiver, refusal
from etl.connectors.iep_lvs.schema import FOLDER
from etl.db import embedded, schema
from etl.errors import EtlError

_SECONDS_TO_SEND: Final = 120
_AT_ONCE: Final = 4  # messages in memory as parsed results; as many of the largest ones wait as bytes
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
    after each burst of messages that were acknowledged; what it does is lost when it fails. Raises InvalidInput
    for a wrong setting.
    """
    burst = Burst(tell)
    receiver = cache(lambda: Receiver(schema.checked(url or embedded.start_warehouse())))
    limiter = cache(lambda: CapacityLimiter(_AT_ONCE))
    most, address = settings.UWLR_MAX_BYTES.get(), settings.UWLR_PUBLIC_URL.get()
    uploads = Uploads(_AT_ONCE * most, _SECONDS_TO_SEND)

    async def take(posted: Posted) -> Answer:
        def work(*, has_waited: bool = False) -> Answer:
            try:
                ready = receiver()
            except EtlError as problem:  # the next message tries again
                _log.error("%s", problem)
                return refusal(Fault(Code.NOT_NOW, "results cannot be stored now"))
            return ready.take(posted, has_waited=has_waited)

        try:
            return await to_thread.run_sync(work, limiter=limiter())
        except Turn as turn:
            await asyncio.sleep(turn.seconds)
            return await to_thread.run_sync(partial(work, has_waited=True), limiter=limiter())

    async def bring(request: Request) -> Response:
        with uploads.upload() as upload:
            try:
                answer = await take(await _posted(request, uploads, upload, most))
            except Fault as fault:
                return _response(refusal(fault))
            except ClientDisconnect:
                return Response(status_code=408)
        if answer.is_acknowledgement:
            burst.message()
        return _response(answer)

    async def wsdl(request: Request) -> Response:
        contract = (FOLDER / "leerresultaten.wsdl").read_text(encoding="utf-8")
        located = quoteattr(address or str(request.url.replace(query="")))
        return Response(
            contract.replace('location="leerresultaten"', f"location={located}"), media_type="text/xml"
        )

    routes = [
        Route("/leerresultaten", bring, methods=["POST"]),
        Route("/leerresultaten", wsdl, methods=["GET"]),
        *(Route(f"/{name}.xsd", _schema, methods=["GET"]) for name in _SCHEMAS),
    ]
    return Starlette(routes=routes)


async def _posted(request: Request, uploads: Uploads, upload: Upload, most: int) -> Posted:
    about = Headers()
    about["content-type"] = request.headers.get("content-type", "")
    if about.get_content_maintype() == "multipart":
        raise Fault(
            Code.MESSAGE, "messages in parts (MTOM, attachments) are not read: send the envelope alone"
        )
    return Posted(
        body=await uploads.read(request, most, upload),
        encoding=request.headers.get("content-encoding", ""),
        charset=str(about.get_param("charset", "")),
        address=request.client.host if request.client else "",
    )


async def _schema(request: Request) -> Response:
    return Response((FOLDER / request.url.path.rpartition("/")[2]).read_bytes(), media_type="text/xml")


def _response(answer: Answer) -> Response:
    return Response(answer.body, answer.status, {"content-type": answer.content_type})


app = create_app()
