"""How many calls at once a task makes: as many as a site answers about as quickly as one, never more than its limit."""

from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Lock
from typing import Annotated, Final, TypeVar

import msgspec

from etl.connections import Connection
from etl.errors import EtlError, GiveUp

CALLS_AT_ONCE: Final = 2
MOST_AT_ONCE: Final = 16
# A site that answers four callers takes up to twice as long for each and gives twice as much: measured on Moodle.
_SLOWER: Final = 2.0
_FORGOTTEN: Final = (
    1.1  # a round: a site that has become slower for all is not compared with what it was for ever
)
_AtOnce = Annotated[int, msgspec.Meta(ge=1, le=MOST_AT_ONCE)]

Key = TypeVar("Key")
Answer = TypeVar("Answer")


class Width:
    """Grows by one after a round of answers whose latency holds, shrinks by one when it does not, halves when refused.

    A round is as many answers of one kind as there are calls at once. Safe to share between threads.
    """

    def __init__(self, limit: int = 1) -> None:
        self.limit = limit
        self._now = 1
        self._told = False  # refusals of calls that were under way together are one
        self._round: dict[str, list[float]] = defaultdict(list)
        self._best: dict[str, float] = {}  # how long a call of each kind takes where it is quick
        self._lock = Lock()

    @property
    def now(self) -> int:
        """How many calls there may be at once."""
        return self._now

    def answered(self, kind: str, seconds: float) -> None:
        """A call was answered, after so long."""
        with self._lock:
            self._told = False
            taken = self._round[kind]
            taken.append(seconds)
            if len(taken) < self._now:
                return
            took = sum(taken) / len(taken)
            taken.clear()
            best = self._best[kind] = min(took, self._best.get(kind, took) * _FORGOTTEN)
            self._now = min(self._now + 1, self.limit) if took <= best * _SLOWER else max(self._now - 1, 1)

    def refused(self) -> None:
        """The site said "later", or nothing: half as many at once, once for all that were under way."""
        with self._lock:
            if not self._told:
                self._now = max(self._now // 2, 1)
            self._told = True
            self._round.clear()


def calls_at_once(connection: Connection) -> int:
    """The limit of a site, whoever asks it (etl.db.turns): ``calls_at_once`` of the connection's extra.

    Raises GiveUp where it is none.
    """
    given = connection.extra.get("calls_at_once", CALLS_AT_ONCE)
    try:
        return msgspec.convert(given, _AtOnce, strict=False)  # a form or a URI gives numbers as text
    except msgspec.ValidationError:
        where = f"connection {connection.conn_id}"
        raise GiveUp(f"{where}: extra calls_at_once is not a number from 1 to {MOST_AT_ONCE}") from None


def at_once(
    width: Width, call: Callable[[Key], Answer], keys: Iterable[Key]
) -> Iterator[tuple[Key, Answer | EtlError]]:
    """Each key with its answer, or the problem with it, in their order; as many calls under way as ``width`` says.

    The first goes alone: it may show that the others are not worth asking. Whoever stops listening stops the rest.
    """
    under_way: deque[tuple[Key, Future[Answer | EtlError]]] = deque()
    with ThreadPoolExecutor(width.limit) as threads:
        try:
            for place, key in enumerate(keys):
                under_way.append((key, threads.submit(_outcome, call, key)))
                while len(under_way) >= (width.now if place else 1):
                    yield _taken(under_way)
            while under_way:
                yield _taken(under_way)
        finally:
            threads.shutdown(cancel_futures=True)


def _taken(under_way: "deque[tuple[Key, Future[Answer | EtlError]]]") -> tuple[Key, Answer | EtlError]:
    key, answer = under_way.popleft()
    return key, answer.result()


def _outcome(call: Callable[[Key], Answer], key: Key) -> Answer | EtlError:
    try:
        return call(key)
    except EtlError as problem:
        return problem
