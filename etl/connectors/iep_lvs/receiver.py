"""BrengLeerresultaten: take one message, or say why not (docs/connectors/iep_lvs.md).

Order: size and XML, then authorisation, then the body. The acknowledgement is given only when the message
is in the inbox, durably. Nothing of a message but counts and the school's number is ever logged.
"""

import logging
import time
from collections.abc import Callable
from datetime import date, datetime
from http import HTTPStatus
from typing import Final

from sqlalchemy import Connection as Session
from sqlalchemy import Engine
from sqlalchemy.exc import TimeoutError

from etl import settings
from etl.connectors.iep_lvs import intake
from etl.connectors.iep_lvs.authorisation import Keys, Link, LinkGate
from etl.connectors.iep_lvs.faults import (
    SOAP_11,
    SOAP_12,
    Code,
    UwlrFault,
    acknowledgement,
    fault_envelope,
    fault_of,
)
from etl.connectors.iep_lvs.intake import Origin
from etl.connectors.iep_lvs.message import WITHOUT_OFFSET, School
from etl.connectors.iep_lvs.reading import Message, read
from etl.connectors.iep_lvs.schema import RESULTS
from etl.engine import failpoint, hardened
from etl.engine.bodies import Posted, unpacked
from etl.engine.guesses import Guesses, Turn
from etl.engine.receiving import HttpAnswer
from etl.errors import ComeAgain, DatabaseFault, NotTaken

_log = logging.getLogger(__name__)
_CONTENT_TYPES: Final = {SOAP_11: "text/xml; charset=utf-8", SOAP_12: "application/soap+xml; charset=utf-8"}


def _today() -> date:
    return datetime.now(WITHOUT_OFFSET).date()


class UwlrReceiver:
    """Takes messages for one warehouse; made once, used by many threads."""

    def __init__(
        self, engine: Engine, clock: Callable[[], float] = time.monotonic, today: Callable[[], date] = _today
    ) -> None:
        self._engine = engine
        self._keys = Keys()
        self._guesses = Guesses(clock)
        self._today = today
        self._most = settings.UWLR_MAX_BYTES.get()

    def bring(self, body: bytes) -> HttpAnswer:
        """Take one SOAP message that did not come over HTTP, after waiting for its sender's turn."""
        posted = Posted(body)
        try:
            return self.take(posted)
        except Turn as turn:
            time.sleep(turn.seconds)
            return self.take(posted, has_waited=True)

    def take(self, posted: Posted, *, has_waited: bool = False) -> HttpAnswer:
        """Take one SOAP message. Raises Turn when its sender has to wait; what goes wrong here is a Server fault."""
        message = Message()
        gate = LinkGate(
            self._engine, self._keys, self._guesses, self._today(), posted.address, has_waited=has_waited
        )
        try:
            self._take(posted, message, gate)
        except Turn:
            raise
        except NotTaken as problem:
            self._log_refusal(gate, fault_of(problem))
            return refusal(problem, message.soap)
        except (DatabaseFault, TimeoutError) as problem:
            _log.error("the warehouse did not take a message: %s", problem)
            return refusal(ComeAgain("results cannot be stored now"), message.soap)
        except Exception as problem:
            _log.error("a message could not be handled: %s", type(problem).__name__)
            return refusal(UwlrFault(Code.INTERNAL, "the message could not be handled"), message.soap)
        body = acknowledgement(message.soap, RESULTS)
        return HttpAnswer(HTTPStatus.OK, _CONTENT_TYPES[message.soap], body, is_taken=True)

    def _take(self, posted: Posted, message: Message, gate: LinkGate) -> None:
        text = hardened.as_utf8(unpacked(posted, self._most), posted.charset)
        school = read(text, gate, message)
        if gate.link is None:
            raise UwlrFault(Code.AUTHORISATION, "header autorisatie: missing")
        intake.check_types(message, lenient=gate.link.lenient)
        kept = intake.without_header(text, gate.key)
        with self._engine.begin() as session:
            _store(session, gate.link, kept, message, school)
            failpoint.point("iep.before_commit")
        failpoint.point("iep.before_acknowledgement")

    def _log_refusal(self, gate: LinkGate, fault: UwlrFault) -> None:
        """A message that only tests the link has whatever body: with a right key and no results yet, it is one."""
        _log.info("school %s: refused, %s", gate.claimed if gate.link else "?", fault.code)
        tests = gate.link is not None and gate.link.is_new and fault.code != Code.AUTHORISATION
        event = "test_message" if tests else "message_refused"
        try:
            with self._engine.begin() as session:
                intake.log(session, gate.claimed, event, fault.text, code=fault.code)
        except DatabaseFault as problem:
            _log.error("a refusal could not be logged: %s", problem)


def refusal(problem: NotTaken, soap: str = SOAP_11) -> HttpAnswer:
    """The answer to a message that is not taken. SOAP 1.2 tells the sender's mistakes apart by HTTP 400."""
    fault = fault_of(problem)
    status = 400 if soap == SOAP_12 and not fault.is_ours else 500
    return HttpAnswer(status, _CONTENT_TYPES[soap], fault_envelope(fault, soap))


def _store(session: Session, link: Link, text: bytes, message: Message, school: School) -> None:
    others = intake.of_others(session, text, message, link.brin6, lenient=link.lenient)
    if others is None:
        return
    text, message = others
    unknown = intake.unknown_pupils(session, message, link.brin6)
    is_test = link.is_new and intake.has_only_dummies(message, unknown)
    if unknown and link.fault_on_unknown_pupil and not is_test:
        raise UwlrFault(Code.PUPIL, f"{unknown} of {len(message.pupils)} pupils are not known here")
    origin = Origin(link.brin6, "http", link.lenient, is_test)
    received = intake.add(session, origin, text, school, message.delivered)
    event = "message_again" if not received.is_new else "test_message" if is_test else "message"
    detail = intake.summary(message, unknown)
    intake.log(session, link.brin6, event, detail, message_id=received.message_id)
    _log.info("school %s: %s %s, %s", link.brin6, event, received.message_id, detail)
