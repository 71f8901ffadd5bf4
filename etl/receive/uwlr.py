"""BrengLeerresultaten: take one message, or say why not (spec/iep_lvs_uwlr.md).

Order: size and XML, then authorisation, then the body. The acknowledgement is given only when the message
is in the inbox, durably. Nothing of a message but counts and the school's number is ever logged.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, Literal

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError, TimeoutError

from etl import crash, db
from etl.receive import hardened, inbox
from etl.receive.authorisation import Attempts, Keys, Link, LinkGate
from etl.receive.contract import RESULTS
from etl.receive.faults import SOAP_11, SOAP_12, Code, Fault, acknowledgement, fault_envelope
from etl.receive.message import WITHOUT_OFFSET, School
from etl.receive.reading import Message, read

_log = logging.getLogger(__name__)
_CONTENT_TYPES: Final = {SOAP_11: "text/xml; charset=utf-8", SOAP_12: "application/soap+xml; charset=utf-8"}


@dataclass(frozen=True)
class Answer:
    """What goes back over HTTP."""

    status: int
    content_type: str
    body: bytes


def _today() -> date:
    return datetime.now(WITHOUT_OFFSET).date()


class Receiver:
    """Takes messages for one warehouse; made once, used by many threads."""

    def __init__(
        self, engine: Engine, clock: Callable[[], float] = time.monotonic, today: Callable[[], date] = _today
    ) -> None:
        self._engine = engine
        self._keys = Keys()
        self._attempts = Attempts(clock)
        self._today = today

    def bring(self, body: bytes) -> Answer:
        """Take one SOAP message. Never raises: what goes wrong on our side is a Server fault."""
        message = Message()
        gate = LinkGate(self._engine, self._keys, self._attempts, self._today())
        try:
            self._take(body, message, gate)
        except Fault as fault:
            self._log_refusal(gate, fault)
            return refusal(fault, message.soap)
        except (DBAPIError, TimeoutError) as problem:
            _log.error("the warehouse did not take a message: %s", type(problem).__name__)  # its text has the rows
            return refusal(Fault(Code.NOT_NOW, "results cannot be stored now"), message.soap)
        except Exception as problem:
            _log.error("a message could not be handled: %s", type(problem).__name__)
            return refusal(Fault(Code.INTERNAL, "the message could not be handled"), message.soap)
        return Answer(200, _CONTENT_TYPES[message.soap], acknowledgement(message.soap, RESULTS))

    def _take(self, body: bytes, message: Message, gate: LinkGate) -> None:
        text = hardened.as_utf8(body)
        read(text, gate, message)
        if gate.link is None or message.school is None:
            raise Fault(Code.AUTHORISATION, "header autorisatie: missing")
        kept = inbox.without_header(text, gate.key)
        with self._engine.begin() as connection:
            self._store(connection, gate.link, kept, message, message.school)
            crash.point("iep.before_commit")
        crash.point("iep.before_acknowledgement")

    def _store(self, connection: Connection, link: Link, text: bytes, message: Message, school: School) -> None:
        unknown = inbox.unknown_pupils(connection, message)
        kind = _kind(link, message, unknown)
        if unknown and link.fault_on_unknown_pupil and kind == "results":
            raise Fault(Code.PUPIL, f"{unknown} of {len(message.pupils)} pupils are not known here")
        received = inbox.add(
            connection, link.source, link.brin6, text, message,
            school=school, channel="soap", kind=kind, lenient=link.lenient,
        )  # fmt: skip
        event = {"test": "test_message", "results": "message"}[kind] if received.is_new else "message_again"
        detail = f"{message.results} results, {len(message.unreadable)} unreadable, {unknown} pupils unknown"
        _write_log(connection, link.brin6, event, None, detail, received.message_id)
        _log.info("school %s: %s %s, %s", link.brin6, event, received.message_id, detail)

    def _log_refusal(self, gate: LinkGate, fault: Fault) -> None:
        """A message that only tests the link has whatever body: with a right key and no results yet, it is one."""
        _log.info("school %s: refused, %s", gate.claimed if gate.link else "?", fault.code)
        if fault.code == Code.NOT_NOW:
            return
        tests = gate.link is not None and gate.link.is_new and fault.code != Code.AUTHORISATION
        event = "test_message" if tests else "message_refused"
        try:
            with self._engine.begin() as connection:
                _write_log(connection, gate.claimed, event, fault.code, fault.text, None)
        except DBAPIError as problem:
            _log.error("a refusal could not be logged: %s", type(problem).__name__)


def refusal(fault: Fault, soap: str = SOAP_11) -> Answer:
    """The answer to a message that is not taken. SOAP 1.2 tells the sender's mistakes apart by HTTP 400."""
    status = 400 if soap == SOAP_12 and not fault.is_ours else 500
    return Answer(status, _CONTENT_TYPES[soap], fault_envelope(fault, soap))


def _kind(link: Link, message: Message, unknown: int) -> Literal["results", "test"]:
    """A single unknown pupil as the first thing a new link delivers is the dummy of a test message."""
    return "test" if link.is_new and len(message.pupils) == unknown == 1 else "results"


def _write_log(
    connection: Connection, brin6: str, event: str, code: str | None, detail: str, message_id: int | None
) -> None:
    db.execute(
        connection, "load/iep_link_log", brin6=brin6, event=event, fault_code=code, detail=detail,
        message_id=message_id,
    )  # fmt: skip
