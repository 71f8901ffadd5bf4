"""Takes signed messages: whose is it, what does it say, keep it, and only then answer in the way of its system.

What a sender signed is kept whether it can be used or not; what cannot be is listed by the next run.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from typing import Final, Literal

from sqlalchemy import Connection as Session
from sqlalchemy import Engine
from starlette.applications import Starlette
from starlette.routing import Route

from etl import settings
from etl.engine import failpoint, inbox
from etl.engine.bodies import Posted, TooLarge, unpacked
from etl.engine.decoding import MALFORMED
from etl.engine.guesses import Guesses, Turn
from etl.engine.inbox import Incoming, Received
from etl.engine.mounting import Host
from etl.engine.people import PERSON
from etl.engine.receiving import HttpAnswer, posted_to
from etl.engine.webhooks import signatures
from etl.engine.webhooks.heard import Heard, ReportedCompletion
from etl.engine.webhooks.integrations import Agreed, Agreements, Integration
from etl.engine.webhooks.keeping import keep, log_refusal, log_withheld
from etl.errors import ComeAgain, DatabaseFault, Malformed, NotTaken, RejectRecord
from etl.load import erased
from etl.load.erased import CODE, Fact

_log = logging.getLogger(__name__)
_TEXT: Final = "text/plain; charset=utf-8"
_NO_SIGNATURE: Final = f"{signatures.HEADER}: missing, or not the signature of this body"
_TOO_OFTEN: Final = "too many wrong signatures from this address: try again in a few minutes"

_WITHHELD: Final = f"{CODE}: nothing of this person is kept here"


@dataclass(frozen=True)
class Verdict:
    """What becomes of a message that was kept; where it is refused, ``reason_code`` and a sentence say why. Of one that
    failed nobody knows yet: the next run looks at it again.
    """

    outcome: Literal["registered", "already", "ignored", "test", "refused", "failed"]
    reason_code: str = ""
    reason: str = ""


Judge = Callable[[Session, Integration, ReportedCompletion], Verdict]


@dataclass(frozen=True)
class SendingSystem:
    """What differs from system to system: what its messages say, what becomes of them, what it is told of that (a
    status of HTTP and a sentence), and what a test message of it looks like (its content type and body).
    """

    system: str
    hear: Callable[[Posted, Integration], Heard]
    judge: Judge
    answer: Callable[[Verdict], tuple[int, str]]
    test_message: Callable[[], tuple[str, bytes]]


def create_app(sender: SendingSystem, url: str | None, host: Host) -> Starlette:
    """The receiver of a system for the warehouse at ``url`` (see ``posted_to``): each integration below its name."""
    most = settings.WEBHOOK_MAX_BYTES.get()
    taker = partial(Receiver, sender=sender, host=host, most=most)
    bring = posted_to(taker, refusal, most, url, host.tell)
    return Starlette(routes=[Route("/{integration:path}", bring, methods=["POST"])])


def refusal(problem: NotTaken) -> HttpAnswer:
    """The answer to a message that was not looked at."""
    status = HTTPStatus.BAD_REQUEST
    if isinstance(problem, ComeAgain):
        status = HTTPStatus.SERVICE_UNAVAILABLE
    elif isinstance(problem, TooLarge):
        status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    return _said(status, str(problem))


class Receiver:
    """Takes the messages of one system for one warehouse; made once, used by many threads."""

    def __init__(
        self, engine: Engine, sender: SendingSystem, host: Host, most: int,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:  # fmt: skip
        self._engine = engine
        self._sender = sender
        self._most = most
        self._agreements = Agreements(engine, sender.system, host.connect, clock)
        self._guesses = Guesses(clock)

    def take(self, posted: Posted, *, has_waited: bool = False) -> HttpAnswer:
        """Keep one message and answer. Raises Turn when its sender has to wait; all else is an answer."""
        try:
            agreed = self._agreements.named(posted.place.get("integration", ""))
            if agreed is None or not _is_signed(posted, agreed):
                return self._not_signed(posted, agreed, has_waited=has_waited)
            return self._take(posted, agreed.integration)
        except Turn:
            raise
        except NotTaken as problem:
            return refusal(problem)
        except (DatabaseFault, TimeoutError) as problem:
            _log.error("the warehouse did not take a message: %s", problem)
            return refusal(ComeAgain("results cannot be stored now"))
        except Exception as problem:
            _log.error("a message could not be handled: %s", type(problem).__name__)
            return _said(HTTPStatus.INTERNAL_SERVER_ERROR, "the message could not be handled")

    def _take(self, posted: Posted, integration: Integration) -> HttpAnswer:
        heard, body = self._hear(posted, integration)
        message = Incoming(
            self._sender.system, integration.integration, "http", "signature", posted.content_type, body,
            heard.created_at, heard.name,
        )  # fmt: skip
        with self._engine.begin() as session:
            if _is_of_erased(session, integration, heard):
                log_withheld(session, integration, HTTPStatus.ACCEPTED, _WITHHELD)
                return _said(HTTPStatus.ACCEPTED, _WITHHELD)
            received = inbox.add(session, message)
            verdict = self._verdict(session, integration, heard)
            status, sentence = self._sender.answer(verdict)
            is_kept = keep(session, integration, heard, received, status, sentence)
            if is_kept and not received.is_new:
                inbox.put_body(session, received.message_id, body)
            failpoint.point("webhooks.before_commit")
        failpoint.point("webhooks.before_answer")
        _tell(integration, received, verdict)
        return _said(status, sentence, is_taken=is_kept)

    def _hear(self, posted: Posted, integration: Integration) -> tuple[Heard, bytes]:
        """What a message says, and the body to keep: unpacked, or as it came where it cannot be."""
        body = posted.body
        try:
            body = unpacked(posted, self._most)
            if not body:
                raise Malformed("there is no body")
            return self._sender.hear(Posted(body, posted.headers), integration), body
        except TooLarge:
            raise
        except Malformed as problem:
            return Heard(RejectRecord(MALFORMED, str(problem))), body
        except RejectRecord as problem:
            return Heard(problem), body

    def _verdict(self, session: Session, integration: Integration, heard: Heard) -> Verdict:
        if heard.is_test:
            return Verdict("test")
        if heard.said is None:
            return Verdict("ignored")
        if isinstance(heard.said, RejectRecord):
            return Verdict("refused", heard.said.reason_code, str(heard.said))
        try:
            return self._sender.judge(session, integration, heard.said)
        except DatabaseFault:
            raise
        except Exception as problem:  # a fault of ours: who never asks again must not lose a message by it
            _log.error("what becomes of a message could not be said: %s", type(problem).__name__)
            return Verdict("failed")

    def _not_signed(self, posted: Posted, agreed: Agreed | None, *, has_waited: bool) -> HttpAnswer:
        """Nothing is kept. Who is wrong too often waits for each further answer, past a short queue for none."""
        sender = (
            posted.address,
            agreed.integration.integration if agreed else "",
        )  # one count for all there are not
        if self._guesses.too_many(*sender) and not has_waited:
            seconds = self._guesses.turn(*sender)
            if seconds is None:
                return _said(HTTPStatus.TOO_MANY_REQUESTS, _TOO_OFTEN)
            if seconds:
                raise Turn(seconds)
        self._guesses.failed(*sender)
        if agreed is not None:
            log_refusal(self._engine, agreed.integration, HTTPStatus.FORBIDDEN, _NO_SIGNATURE)
        return _said(HTTPStatus.FORBIDDEN, _NO_SIGNATURE)


def _is_signed(posted: Posted, agreed: Agreed) -> bool:
    """Raises ComeAgain where our own secret cannot be read: then nobody knows, and nothing is to be lost."""
    if agreed.secret is None:
        raise ComeAgain("messages of this integration cannot be taken now")
    given = posted.headers.get(signatures.HEADER.lower(), "")
    return signatures.is_signed(posted.body, given, agreed.secret, agreed.integration.hash)


def _is_of_erased(session: Session, integration: Integration, heard: Heard) -> bool:
    """Whether it is of somebody who was erased on request: then nothing of it is kept."""
    if heard.person_id is None:
        return False
    fact = Fact(PERSON, integration.integration, heard.person_id)
    return erased.read(session).whose([fact]) is not None


def _tell(integration: Integration, received: Received, verdict: Verdict) -> None:
    again = "" if received.is_new else " again"
    _log.info(
        "integration %s: message %s%s, %s %s",
        integration.integration, received.message_id, again, verdict.outcome, verdict.reason_code,
    )  # fmt: skip


def _said(status: int, sentence: str, *, is_taken: bool = False) -> HttpAnswer:
    return HttpAnswer(status, _TEXT, sentence.encode(), is_taken=is_taken)
