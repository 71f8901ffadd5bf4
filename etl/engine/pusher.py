"""Whoever sends what is due: alone with an account, and committed before each call.

``recover`` what a dead pusher left, then for each call ``claim``, call, ``record``; what one call was answered may be
committed with the claim of the next, which follows at once. Killed anywhere, an item is as it was, or its outcome is
unknown and settled as its ``if_unknown`` says; it is never sent twice by mistake.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final, TypeVar
from uuid import UUID, uuid4

from sqlalchemy import Connection as Session
from sqlalchemy import Engine, text

from etl import db
from etl.engine import ledger
from etl.engine.ahead import Ahead
from etl.engine.ledger import OUTCOME_UNKNOWN, DueItem, IfUnknown, Target
from etl.engine.outcomes import Answered, Outcome, TargetAccount, recorded, statuses
from etl.load.runs import Counts

_RETRY_HOURS: Final = 20  # once a night, whenever the night begins
_Content = TypeVar("_Content")


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
        answered: Sequence[Answered] = (),
    ) -> _Content:
        """Commit that these items are being sent, before they are; returns the ``content`` of those that are.

        It is read after the claim: a plan changes how an item is offered only until then. ``answered``: the calls
        before, of which nothing is recorded yet; one commit for both, so that still one call at most is unknown.
        """
        with self._session.begin():
            self.write(answered, account)
            return self._claimed(item_ids, call_id, run_id, account, content)

    def claim_ahead(
        self,
        beside: ThreadPoolExecutor,
        item_ids: Sequence[int],
        call_id: UUID,
        run_id: str,
        account: TargetAccount,
        content: Callable[[Session, Sequence[int]], _Content],
        expected: Answered | None,
    ) -> Ahead[_Content]:
        """The same while a call is under way, to be committed after it with what that was answered, as ``expected``.

        Not while a plan of the account runs: it would wait for these rows, and this pusher for its own.
        """

        def prepare(session: Session) -> _Content | None:
            lock = f"plan of {self._target.system} {self._account}"
            [plan] = db.rows(session, "load/locks.take_if_free", lock=lock)
            return self._claimed(item_ids, call_id, run_id, account, content) if plan["taken"] else None

        guessed = [expected] if expected else []
        return Ahead(beside, self._session, prepare, lambda: self.write(guessed, account))

    def record(
        self, call_id: UUID, outcomes: Mapping[int, Outcome], account: TargetAccount
    ) -> dict[int, str]:
        """Commit what became of claimed items; returns the status of each."""
        self.commit([Answered(call_id, outcomes)], account)
        return statuses(outcomes, account)

    def commit(self, answered: Sequence[Answered], account: TargetAccount) -> None:
        """Commit what calls were answered."""
        with self._session.begin():
            self.write(answered, account)

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
    def series(self, run_id: str, account: TargetAccount) -> Iterator["Series"]:
        """Calls one after another, with one commit between two of them."""
        with ThreadPoolExecutor(max_workers=1, thread_name_prefix="claim ahead") as beside:
            series = Series(self, run_id, account, beside)
            try:
                yield series
            finally:
                series.commit()

    def write(self, answered: Sequence[Answered], account: TargetAccount) -> None:
        """What calls were answered, within the transaction of a claim."""
        for call in answered:
            if call.keep:
                call.keep(self._session)
            age = {"retry_days": account.retry_days, "retry_hours": _RETRY_HOURS}
            outcomes = recorded(call.outcomes, account)
            db.execute(self._session, "engine/ledger.record", call_id=call.call_id, outcomes=outcomes, **age)

    def _claimed(
        self,
        item_ids: Sequence[int],
        call_id: UUID,
        run_id: str,
        account: TargetAccount,
        content: Callable[[Session, Sequence[int]], _Content],
    ) -> _Content:
        claim = {"call_id": call_id, "run_id": run_id, "connection_id": account.conn_id, "mode": account.mode}
        claimed = db.rows(self._session, "engine/ledger.claim", item_ids=list(item_ids), **claim)
        return content(self._session, [row["item_id"] for row in claimed])


@dataclass
class _Next:
    """The next call of a series, of which the claim is prepared while another one is under way."""

    item_ids: list[int]
    call_id: UUID
    expected: Answered | None
    claim: Ahead[Any]


class Series:
    """Calls of a push: what one was answered is committed with the claim of the next, which follows at once."""

    def __init__(
        self, pusher: Pusher, run_id: str, account: TargetAccount, beside: ThreadPoolExecutor
    ) -> None:
        self._pusher = pusher
        self._run_id = run_id
        self._account = account
        self._beside = beside
        self._answered: list[Answered] = []
        self._next: _Next | None = None

    def claim(
        self, item_ids: Sequence[int], content: Callable[[Session, Sequence[int]], _Content]
    ) -> tuple[UUID, _Content]:
        """Claim the items of the next call; returns its id and what it offers."""
        prepared, self._next = self._next, None
        if prepared and prepared.item_ids == list(item_ids):
            answered = self._answered
            as_expected = answered == [prepared.expected]
            offered = prepared.claim.finished(
                None if as_expected else lambda: self._pusher.write(answered, self._account)
            )
            if offered is not None:
                self._answered = []
                return prepared.call_id, offered
        elif prepared:
            prepared.claim.drop()
        call_id = uuid4()
        offered = self._pusher.claim(item_ids, call_id, self._run_id, self._account, content, self._answered)
        self._answered = []
        return call_id, offered

    def prepare(
        self,
        item_ids: Sequence[int],
        content: Callable[[Session, Sequence[int]], _Content],
        expected: Answered | None = None,
    ) -> None:
        """While a call is under way, prepare what ``claim`` will most likely be asked for next, in the same words.

        Only where what is offered does not depend on what the call is answered. ``expected``: what that will most
        likely be; where it is, nothing is left to be written after it.
        """
        call_id = uuid4()
        given = (list(item_ids), call_id, self._run_id, self._account, content, expected)
        self._next = _Next(list(item_ids), call_id, expected, self._pusher.claim_ahead(self._beside, *given))

    def record(
        self,
        call_id: UUID,
        outcomes: Mapping[int, Outcome],
        keep: Callable[[Session], None] | None = None,
    ) -> dict[int, str]:
        """What became of claimed items, to be committed next; returns the status that each gets."""
        self._answered.append(Answered(call_id, outcomes, keep))
        return statuses(outcomes, self._account)

    def commit(self) -> None:
        """There is no next call."""
        answered, self._answered = self._answered, []
        prepared, self._next = self._next, None
        if prepared:
            prepared.claim.drop()
        if answered:
            self._pusher.commit(answered, self._account)


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
