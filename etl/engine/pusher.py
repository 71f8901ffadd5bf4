"""Whoever sends what is due: alone with an account, and committed before each call.

``recover`` what a dead pusher left, then for each call ``claim``, call, ``record``. Killed anywhere, an item is as it
was, or its outcome is unknown and settled as its ``if_unknown`` says; it is never sent twice by mistake.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final, Protocol, TypeVar
from uuid import UUID

from sqlalchemy import Connection as Session
from sqlalchemy import Engine, text

from etl import db
from etl.engine import ledger
from etl.engine.ledger import OUTCOME_UNKNOWN, DueItem, IfUnknown, Target
from etl.load.runs import Counts

_RETRY_HOURS: Final = 20  # once a night, whenever the night begins
_Content = TypeVar("_Content")


class TargetAccount(Protocol):
    """The connection under which is sent."""

    @property
    def conn_id(self) -> str:
        """The connection's id."""

    @property
    def mode(self) -> str:
        """``test`` (what is accepted is sent again once the account is live) or ``live``."""

    @property
    def retry_days(self) -> int:
        """How long, since it was due first, a rejected item that may be accepted later is offered again."""


@dataclass(frozen=True)
class Outcome:
    """What became of one item, and the status it gets in the ledger."""

    status: str
    reason: str | None = None
    explanation: str | None = None
    retry: bool = False  # a rejected one may be accepted later
    error_code: str | None = None
    cause: str | None = None  # why there is no usable answer, or why nothing was sent
    not_processed: bool = False  # the target did not look at the item: it is as it was


class Pusher:
    """Holds an account of a target for itself; what a method did is committed when it returns."""

    def __init__(self, session: Session, target: Target, account: str) -> None:
        self._session = session
        self._target = target
        self._account = account

    def of(self, target: Target) -> "Pusher":
        """The same hold, for another kind of what the account is sent."""
        return Pusher(self._session, target, self._account)

    def read(self, content: Callable[[Session], _Content]) -> _Content:
        """What ``content`` reads, by the connection that holds the account."""
        with self._session.begin():
            return content(self._session)

    def recover(self) -> list[IfUnknown]:
        """Items that a pusher died with become unknown; returns how each is settled."""
        unknown = self._target.words(OUTCOME_UNKNOWN)
        of = {"target": self._target.system, "account": self._account}
        with self._session.begin():
            found = db.rows(self._session, "engine/ledger.recover", **of, **unknown)
        return [row["if_unknown"] for row in found]

    def due(self) -> list[DueItem]:
        """What is to be sent now."""
        return self.read(lambda session: ledger.due(session, self._target, self._account))

    def claim(
        self,
        item_ids: Sequence[int],
        call_id: UUID,
        run_id: str,
        account: TargetAccount,
        content: Callable[[Session, Sequence[int]], _Content],
    ) -> _Content:
        """Commit that these items are being sent, before they are; returns the ``content`` of those that are.

        It is read after the claim: a plan changes how an item is offered only until then.
        """
        claim = {"call_id": call_id, "run_id": run_id, "connection_id": account.conn_id, "mode": account.mode}
        with self._session.begin():
            claimed = db.rows(self._session, "engine/ledger.claim", item_ids=list(item_ids), **claim)
            return content(self._session, [row["item_id"] for row in claimed])

    def record(
        self, call_id: UUID, outcomes: Mapping[int, Outcome], account: TargetAccount
    ) -> dict[int, str]:
        """Commit what became of claimed items; returns the status of each."""
        recorded = [_recorded(item_id, outcome, account.mode) for item_id, outcome in outcomes.items()]
        age = {"retry_days": account.retry_days, "retry_hours": _RETRY_HOURS}
        with self._session.begin():
            db.execute(
                self._session,
                "engine/ledger.record",
                call_id=call_id,
                outcomes=json.dumps(recorded),
                **age,
            )
        return {row["item_id"]: row["status"] for row in recorded}

    def reject(self, item_ids: Sequence[int], code: str) -> None:
        """Items that were sent, not processed and will never be are rejected."""
        with self._session.begin():
            db.execute(
                self._session, "engine/ledger.reject", item_ids=list(item_ids), **self._target.words(code)
            )

    def pushed(self, offered: Sequence[DueItem], calls: int) -> Counts:
        """What became of the items of a push, as the ledger has it."""
        return self.read(lambda session: ledger.pushed(session, offered, calls))


@contextmanager
def exclusive(engine: Engine, target: Target, account: str) -> Iterator[Pusher | None]:
    """Hold an account of a target for one pusher; None where another one holds it.

    Claims go through the connection that holds the lock, so that a pusher which lost it cannot claim.
    """
    key = {"key": f"push of {target.system} {account}"}
    with engine.connect() as session:
        with session.begin():
            taken = session.scalar(text("select pg_try_advisory_lock(hashtextextended(:key, 0))"), key)
        try:
            yield Pusher(session, target, account) if taken else None
        finally:
            session.rollback()
            if taken:
                with session.begin():
                    session.execute(text("select pg_advisory_unlock(hashtextextended(:key, 0))"), key)


def _recorded(item_id: int, outcome: Outcome, mode: str) -> dict[str, Any]:
    in_test = outcome.status == "accepted" and mode == "test"
    status = "accepted_in_test" if in_test else outcome.status
    return {
        "item_id": item_id,
        "status": status,
        "reason": outcome.reason,
        "explanation": outcome.explanation,
        "cause": outcome.cause,
        "retry": outcome.retry,
        "attempt": "not_processed" if outcome.not_processed else status,
        "error_code": outcome.error_code,
    }
