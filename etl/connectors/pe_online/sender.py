"""Sends due rows call by call and does what each answer asks for (docs/connectors/pe_online.md, Answer)."""

import logging
from collections import Counter, defaultdict, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import Connection as Session

from etl.connectors.pe_online import answers, payload, points
from etl.connectors.pe_online import faults as pe_faults
from etl.connectors.pe_online.account import PeAccount
from etl.connectors.pe_online.answers import UNKNOWN
from etl.connectors.pe_online.client import PeClient
from etl.connectors.pe_online.payload import Attendance
from etl.engine import failpoint
from etl.engine.ledger import DueItem
from etl.engine.outcomes import Answered, Outcome
from etl.engine.pusher import Pusher, Series
from etl.errors import AnswerLost, EtlError, GiveUp, RetryLater

log = logging.getLogger(__name__)

_SILENT_CALLS: Final = 3  # calls in a row without a usable answer, after which the account is left alone
_AS_BEFORE: Final = {"unknown": UNKNOWN}  # the others wait as pending


class AccountRefused(GiveUp):
    """PE-Online does not know this account with this key: nothing more is sent until a person acts."""

    code = "account_refused"

    def __init__(self, message: str, connection_id: str) -> None:
        super().__init__(message)
        self.connection_id = connection_id


@dataclass(frozen=True)
class _Call:
    """What is offered, and the rows that are not, since one that is malformed would stop them all."""

    rows: list[Attendance]
    malformed: dict[int, Outcome]
    entry: str


def batches(due: Sequence[DueItem], persons: Mapping[int, str], limit: int) -> list[list[int]]:
    """Calls of at most ``limit`` rows that hold each person once, so that an answer is never ambiguous.

    A row whose outcome is unknown goes alone: then the answer can only be about it.
    """
    calls = [[one.item_id] for one in due if one.status == "unknown"]
    layers: dict[int, list[int]] = defaultdict(list)
    seen: Counter[str] = Counter()
    for one in due:
        if one.status != "unknown":
            person = persons.get(one.item_id, "")  # one without details stays claimed: the counts tell
            layers[seen[person]].append(one.item_id)
            seen[person] += 1
    return calls + [part for layer in layers.values() for part in _parts(layer, limit)]


class PeSender:
    """One push: what is sent, what came of it, and why it stopped early if it did."""

    _series: Series

    def __init__(
        self, pusher: Pusher, client: PeClient, account: PeAccount, org_id: int, run_id: str
    ) -> None:
        self._pusher = pusher
        self._client = client
        self._account = account
        self._org_id = org_id
        self._run_id = run_id
        self._limit = account.batch_limit
        self._before: dict[int, str] = {}
        self._malformed: list[int] = []
        self._silent = 0
        self._queue: deque[list[int]] = deque()
        self.calls = 0
        self.answered = 0
        self.states: dict[int, str] = {}
        self.causes: Counter[str] = Counter()  # why outcomes are unknown, counted in rows
        self.problem: EtlError | None = None

    def send(self, due: Sequence[DueItem]) -> None:
        """Offer every row once, until all were or the account has to be left alone."""
        self._before = {one.item_id: one.status for one in due}
        self.states = dict(self._before)
        persons = self._pusher.read(lambda session: points.persons(session, due))
        self._queue.extend(batches(due, persons, self._limit))
        with self._pusher.series(self._run_id, self._account) as self._series:
            while self._queue and not self.problem:
                batch = self._queue.popleft()
                again = _parts(batch, self._limit) if len(batch) > self._limit else self._offer(batch)
                self._queue.extendleft(reversed(again))
        self._refuse_malformed()

    def _offer(self, item_ids: Sequence[int]) -> list[list[int]]:
        """Send one call; returns the smaller calls to send instead, where it was refused as a whole."""
        call_id, call = self._series.claim(item_ids, self._call)
        failpoint.point("push.claimed")
        rows = call.rows
        if call.malformed:
            self._record(call_id, call.malformed)
        if not rows:
            return []
        try:
            self.calls += 1
            self._prepare_next(call_id, rows)
            summary = answers.read(self._client.process(call.entry))
        except AnswerLost as lost:
            return self._lost(call_id, rows, lost)
        except (RetryLater, GiveUp) as refused:
            self._release(call_id, rows, "not_sent", str(refused))
            self.problem = refused
            return []
        failpoint.point("push.sent")
        self._silent = 0
        if summary.call_fault:
            self._release(call_id, rows, summary.call_fault, f"PE-Online answered {summary.call_fault}")
            return self._refused(summary.call_fault, [row.item_id for row in rows])
        self.answered += 1
        outcomes = answers.match(rows, summary)
        self._record(call_id, outcomes)
        return _apart([row for row in rows if outcomes[row.item_id].unclear])

    def _prepare_next(self, call_id: UUID, rows: Sequence[Attendance]) -> None:
        """The call that follows unless this one's answer asks for another."""
        if self._queue and len(self._queue[0]) <= self._limit:
            all_accepted = Answered(call_id, {row.item_id: answers.ACCEPTED for row in rows})
            self._series.prepare(self._queue[0], self._call, all_accepted)

    def _call(self, session: Session, item_ids: Sequence[int]) -> _Call:
        malformed, rows = {}, []
        for row in points.rows(session, item_ids):
            if fault := payload.fault(row):
                malformed[row.item_id] = Outcome("rejected", pe_faults.INVALID_ROW, fault, not_processed=True)
            else:
                rows.append(row)
        return _Call(rows, malformed, payload.entry(self._account, self._org_id, rows))

    def _lost(self, call_id: UUID, rows: Sequence[Attendance], lost: AnswerLost) -> list[list[int]]:
        log.warning("%s; call %s, %s rows", lost, call_id, len(rows))
        self._record(call_id, answers.unknown(rows, lost.cause, lost.error_code))
        self._silent += 1
        if self._silent == _SILENT_CALLS:
            self.problem = RetryLater(f"{lost}; {_SILENT_CALLS} calls in a row")
        return []

    def _refused(self, fault: str, item_ids: list[int]) -> list[list[int]]:
        """The call as a whole was refused and nothing of it processed."""
        where = f"PE-Online (connection {self._account.conn_id}), orgID {self._org_id}"
        if fault == pe_faults.ACCOUNT_REFUSED:
            words = "the key does not match, or the service is not set up for this account (400)"
            self.problem = AccountRefused(f"{where}: {words}", self._account.conn_id)
        elif len(item_ids) > 1:
            half = (len(item_ids) + 1) // 2
            if fault == pe_faults.TOO_MANY_ROWS:
                self._limit = half
            return _parts(item_ids, half)
        elif fault == pe_faults.TOO_MANY_ROWS:
            self.problem = GiveUp(f"{where}: even one row is too many (500)")
        else:
            self._malformed += item_ids
        return []

    def _refuse_malformed(self) -> None:
        """A row that is refused while others are not is the culprit; where all are, the settings may be."""
        if not self._malformed:
            return
        if self.answered or len(self._malformed) == 1:
            self._pusher.reject(self._malformed, pe_faults.INVALID_ROW)
            self.states |= dict.fromkeys(self._malformed, "rejected")
        elif not self.problem:
            where = f"PE-Online (connection {self._account.conn_id}), orgID {self._org_id}"
            words = f"the structure of each of {len(self._malformed)} calls was refused (505)"
            self.problem = GiveUp(f"{where}: {words}; check the settings")

    def _release(self, call_id: UUID, rows: Sequence[Attendance], error_code: str, cause: str) -> None:
        """Nothing was processed: each row is as it was before it was claimed."""
        outcomes = {}
        for row in rows:
            was = _AS_BEFORE.get(self._before[row.item_id], Outcome("pending"))
            outcomes[row.item_id] = Outcome(
                was.status,
                was.reason,
                was.explanation,
                error_code=error_code,
                cause=cause,
                not_processed=True,
            )
        self._record(call_id, outcomes)

    def _record(self, call_id: UUID, outcomes: Mapping[int, Outcome]) -> None:
        self.causes.update(one.cause for one in outcomes.values() if one.status == "unknown" and one.cause)
        self.states |= self._series.record(call_id, outcomes)


def _apart(unclear: Sequence[Attendance]) -> list[list[int]]:
    """Calls that tell which of several errors is whose: rows of one mapping together, then each alone."""
    mappings: dict[tuple[object, ...], list[int]] = defaultdict(list)
    for row in unclear:
        mappings[row.ids, row.end_date[:10]].append(row.item_id)
    if len(mappings) > 1:
        return list(mappings.values())
    return [[row.item_id] for row in unclear] if len(unclear) > 1 else []


def _parts(item_ids: Sequence[int], size: int) -> list[list[int]]:
    return [list(item_ids[start : start + size]) for start in range(0, len(item_ids), size)]
