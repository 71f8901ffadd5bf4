"""A system that sends signed messages, as small as one can be: what a connector adds to what every receiver does."""

import base64
import hmac
import json

from sqlalchemy import Engine
from starlette.applications import Starlette
from starlette.routing import Route

from etl.engine import inbox
from etl.engine.bodies import Posted
from etl.engine.inbox import Incoming
from etl.engine.mounting import ALONE, Host
from etl.engine.receiving import HttpAnswer, posted_to
from etl.errors import ComeAgain, NotTaken

SECRET = b"s3cret"
MOST = 1000


def signature(body: bytes) -> str:
    return base64.b64encode(hmac.digest(SECRET, body, "sha1")).decode()


class Taker:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def take(self, posted: Posted, *, has_waited: bool = False) -> HttpAnswer:
        given = posted.headers.get("x-webhook-signature", "")
        if not hmac.compare_digest(given.encode(), signature(posted.body).encode()):
            return HttpAnswer(403, "text/plain", b"")
        message = Incoming("signed", "academy", "http", "signature", posted.content_type, posted.body)
        with self._engine.begin() as session:
            received = inbox.add(session, message)
        return HttpAnswer(
            200, "application/json", json.dumps({"new": received.is_new}).encode(), is_taken=True
        )


def refusal(problem: NotTaken) -> HttpAnswer:
    return HttpAnswer(503 if isinstance(problem, ComeAgain) else 400, "text/plain", str(problem).encode())


def create_app(url: str | None = None, host: Host = ALONE) -> Starlette:
    return Starlette(
        routes=[Route("/completed", posted_to(Taker, refusal, MOST, url, host.tell), methods=["POST"])]
    )


def broken_app(host: Host) -> Starlette:
    raise RuntimeError("it cannot be built")
