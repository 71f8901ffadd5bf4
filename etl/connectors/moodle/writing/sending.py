"""Sends what is due to a site, each item by a call of its own; what is unknown is settled by reading back first."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Any, Final, Generic, Protocol, TypeVar

from sqlalchemy import Connection as Session
from sqlalchemy import Engine

from etl.engine import failpoint, ledger
from etl.engine.ledger import OUTCOME_UNKNOWN, DueItem, Target
from etl.engine.outcomes import Outcome
from etl.engine.pusher import Pusher, Series
from etl.errors import AnswerLost, EtlError, GiveUp, RejectRecord, RetryLater
from etl.load.runs import Counts

_SILENT_CALLS: Final = 3  # in a row without a usable answer, after which the site is left alone
_TOLD_EVERY: Final = 100
Tell = Callable[[str, int, int], None]  # the kind of what is sent, how many were dealt with, of how many
log = logging.getLogger(__name__)

Row = TypeVar("Row")
Done = TypeVar("Done")


class Kind(Protocol[Row, Done]):
    """One kind of what is sent."""

    target: Target

    def rows(self, session: Session, item_ids: Sequence[int]) -> list[Row]:
        """Items as they are sent; of some others it cannot be yet (an enrolment of whom no account is known)."""

    def item_id(self, row: Row) -> int:
        """Which item a row is of."""

    def send(self, row: Row) -> Done:
        """Have it done and return what is to be kept of it.

        Raises RejectRecord where this row may not be sent or was refused, else as MoodleWriter does.
        """

    def arrived(self, rows: Sequence[Row]) -> Mapping[int, Done]:
        """Read back: of which items of unknown outcome the site shows that it was done."""

    def keep(self, session: Session, row: Row, done: Done) -> None:
        """Keep what was done."""


@dataclass(frozen=True)
class SitePush:
    """The connection under which is sent, as the ledger asks for it."""

    conn_id: str
    mode: str = "live"
    retry_days: int = 14


def logged(kind: str, done: int, of: int) -> None:
    """Progress goes to the log."""
    log.info("%s: %s of %s", kind, done, of)


@dataclass
class Allowance:
    """How many items may still be sent (None: all), and who is told of the progress."""

    left: int | None = None
    tell: Tell = logged
    sent: int = field(default=0, init=False)

    @property
    def used_up(self) -> bool:
        """Is there nothing left?"""
        return self.left is not None and self.sent >= self.left


class Sender(Generic[Row, Done]):
    """Sends the items of one kind while its pusher holds the site."""

    def __init__(
        self, engine: Engine, pusher: Pusher, kind: Kind[Row, Done], push: SitePush, run_id: str
    ) -> None:
        self._engine = engine
        self._pusher = pusher.of(kind.target)
        self._kind = kind
        self._push = push
        self._run_id = run_id
        self.problem: EtlError | None = None

    def due(self) -> list[DueItem]:
        """What is to be dealt with now."""
        return self._pusher.due()

    def pushed(self, offered: Sequence[DueItem], calls: int) -> Counts:
        """What became of these items."""
        return self._pusher.pushed(offered, calls)

    def settle(self) -> bool:
        """Ask the site about items of unknown outcome, if there are any: it was done, or it is due again."""
        unknown = self._unknown()
        if not unknown:
            return False
        missing = self._confirm(unknown)
        with self._engine.begin() as session:
            ledger.settle(session, self._kind.target, missing, registered=False, decided_by=self._decided_by)
        return True

    def _unknown(self) -> list[int]:
        return [one.item_id for one in self.due() if one.status == "unknown"]

    @property
    def _decided_by(self) -> str:
        return f"read back in run {self._run_id}"

    def _confirm(self, unknown: Sequence[int]) -> list[int]:
        """Settle what the site shows to have been done; returns what it does not show, where it could be asked."""
        rows = self._pusher.read(lambda session: self._kind.rows(session, unknown))
        try:
            arrived = self._kind.arrived(rows)
        except EtlError as problem:
            self.problem = problem
            return []
        with self._engine.begin() as session:
            for row in rows:
                if self._kind.item_id(row) in arrived:
                    self._kind.keep(session, row, arrived[self._kind.item_id(row)])
            seen = self._decided_by
            ledger.settle(session, self._kind.target, sorted(arrived), registered=True, decided_by=seen)
        return sorted(set(unknown) - set(arrived))

    def send(self, due: Sequence[DueItem], allowance: Allowance) -> None:
        """Send items until all were, the allowance is used up, or the site has to be left alone (``problem``).

        Answers that were lost are looked up at the end: what was done goes on in this run. What the site does not show
        may still be under way there, and is left to the next run.
        """
        waiting = [one.item_id for one in due if one.status != "unknown"]
        with self._pusher.series(self._run_id, self._push) as series:
            sendable = self._pusher.read(lambda session: self._sendable(session, waiting))
            lost = self._send_each(series, sendable, allowance)
        if lost and self._confirm(self._unknown()) and not self.problem:
            self.problem = RetryLater(f"{lost}; the next run reads it back")

    def _sendable(self, session: Session, waiting: Sequence[int]) -> list[int]:
        return [self._kind.item_id(row) for row in self._kind.rows(session, waiting)]

    def _send_each(self, series: Series, item_ids: Sequence[int], allowance: Allowance) -> AnswerLost | None:
        """Returns the last answer that was lost, where the site answers otherwise."""
        silent = 0
        lost: AnswerLost | None = None
        for place, (item_id, follows) in enumerate(zip_longest(item_ids, item_ids[1:])):
            if allowance.used_up:
                break
            if place and place % _TOLD_EVERY == 0:
                allowance.tell(self._kind.target.kind, place, len(item_ids))
            allowance.sent += 1
            problem = self._sent(series, item_id, None if allowance.used_up else follows)
            if isinstance(problem, AnswerLost):
                lost, silent = problem, silent + 1
                if silent < _SILENT_CALLS:
                    continue
                problem = RetryLater(f"{lost}; {silent} calls in a row")
            if problem:
                self.problem = problem
                return None
            silent = 0
        return lost

    def _sent(self, series: Series, item_id: int, follows: int | None) -> EtlError | None:
        """Send one item and record what became of it; returns the problem that it met with the site.

        Meanwhile the claim of the item that ``follows`` is prepared.
        """
        call_id, claimed = series.claim([item_id], self._kind.rows)
        if not claimed:
            return None
        failpoint.point("moodle.claimed")
        if follows is not None:
            series.prepare([follows], self._kind.rows)
        outcome, problem, keep = self._offered(claimed[0])
        series.record(call_id, {item_id: outcome}, keep)
        failpoint.point("moodle.recorded")
        return problem

    def _offered(self, row: Row) -> tuple[Outcome, EtlError | None, Callable[[Session], None] | None]:
        """What became of a row, the problem with the site, and what is to be kept."""
        target = self._kind.target
        try:
            done = self._kind.send(row)
        except RejectRecord as refused:
            code = getattr(refused, "error_code", None)
            rejected = _outcome(target, "rejected", refused.reason_code, retry=True, error_code=code)
            return rejected, None, None
        except AnswerLost as met:
            lost = _outcome(target, "unknown", OUTCOME_UNKNOWN, error_code="no_answer", cause=met.cause)
            return lost, met, None
        except (GiveUp, RetryLater) as met:
            return Outcome("pending", cause=str(met), not_processed=True), met, None
        failpoint.point("moodle.answered")
        return Outcome("accepted"), None, lambda session: self._kind.keep(session, row, done)


def _outcome(target: Target, status: str, code: str, **more: Any) -> Outcome:
    words: dict[str, Any] = target.words(code)
    return Outcome(status, **words, **more)


AnySender = Sender[Any, Any]
