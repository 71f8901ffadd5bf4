"""An erasure that was asked for on a page: it goes on by itself, whoever looks, and says how far it is.

Whom it is of stands in the memory of the program that does it, and nowhere else. Where that ends before it is done,
nothing was erased, for all of it is one transaction.
"""

import logging
from dataclasses import dataclass
from datetime import datetime
from threading import Thread
from typing import Final

from sqlalchemy import Connection as Session
from sqlalchemy import Engine

from etl import db
from etl.engine.people import Readers
from etl.errors import EtlError, InvalidInput
from etl.results import erase
from etl.results.decisions import check_reason

_log = logging.getLogger(__name__)
_FAULT: Final = "a fault of this program, which its log names"


@dataclass(frozen=True)
class Erasing:
    """How far it is. ``erasure_id``: it was done; ``refused``: nothing was erased; ``goes_on``: neither yet."""

    request_id: int
    asked_at: datetime
    asked_by: str
    looked_through: int
    answers: int | None
    refused: str | None
    erasure_id: int | None
    goes_on: bool


@dataclass(frozen=True)
class _Told:
    """Keeps how far it is, each time in a transaction of its own."""

    engine: Engine
    request_id: int

    def hold(self, session: Session) -> None:
        """As long as this transaction lasts, others see that it goes on."""
        db.rows(session, "results/erase.go_on", request_id=self.request_id)

    def tell(self, done: int, of: int) -> None:
        with self.engine.begin() as session:
            db.execute(session, "results/erase.tell", request_id=self.request_id, done=done, answers=of)


def begin(
    engine: Engine, client_code: str, by: str, because: str, readers: Readers, patience: float
) -> Erasing:
    """Begin an erasure, and wait so many seconds for its end. Raises InvalidInput where it cannot be now."""
    check_reason(by, because)
    if obstacles := erase.preview(engine, client_code, readers).obstacles:
        raise InvalidInput("; ".join(obstacles))
    with engine.begin() as session:
        [asked] = db.rows(session, "results/erase.ask", by=by)
    told = _Told(engine, asked["request_id"])
    thread = Thread(target=_erase, args=(told, client_code, by, because, readers), daemon=True)
    thread.start()
    thread.join(patience)
    with engine.connect() as session:
        return how_far(session, told.request_id)


def how_far(session: Session, request_id: int) -> Erasing:
    """How far an erasure is. Raises InvalidInput where none was asked for under this number."""
    found = db.rows(session, "results/erase.how_far", request_id=request_id)
    if not found:
        raise InvalidInput(f"no erasure was asked for under the number {request_id}")
    seen = Erasing(**found[0])
    if seen.goes_on or seen.refused or seen.erasure_id:
        return seen
    [again] = db.rows(
        session, "results/erase.how_far", request_id=request_id
    )  # it ended while it was looked at
    return Erasing(**again)


def _erase(told: _Told, client_code: str, by: str, because: str, readers: Readers) -> None:
    try:
        erase.erase(told.engine, client_code, by, because, readers, "page", told)
    except EtlError as problem:
        _refuse(told, str(problem))
    except Exception as fault:
        _log.error("erasure asked for as %s: %s", told.request_id, type(fault).__name__)
        _refuse(told, _FAULT)


def _refuse(told: _Told, why: str) -> None:
    with told.engine.begin() as session:
        db.execute(session, "results/erase.refuse", request_id=told.request_id, why=why)
