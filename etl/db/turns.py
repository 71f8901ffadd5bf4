"""Calls to a site take turns: never more at once than it is given, whichever tasks and machines they come from.

A turn is an advisory lock of the warehouse, one of as many as there may be calls. Whoever finds none free stands in the
queue of one, which PostgreSQL serves in the order of coming, so that no task starves another. It is held by a session
of its own for as long as the call lasts, and ends with the session: a process that dies leaves nothing behind.
"""

import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from hashlib import blake2b
from threading import Lock
from typing import Any, Final

import psycopg2
from sqlalchemy import Engine

from etl.db import faults

_TAKE_A_FREE_ONE: Final = "select turn from unnest(%s) as turn where pg_try_advisory_lock(turn) limit 1"
_QUEUE_FOR: Final = "select pg_advisory_lock(%s)"
_GIVE_BACK: Final = "select pg_advisory_unlock(%s)"


class Turns:
    """``most`` calls at once to the site at an address. Safe to share between threads.

    Where two callers of a site are given different limits, neither makes the site answer more than its own.
    """

    def __init__(self, engine: Engine, address: str, most: int) -> None:
        self._engine = engine
        self._turns = [_key(address, number) for number in range(most)]
        self._idle: list[Any] = []  # sessions without a turn; the last one is used first
        self._lock = Lock()

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait for a turn and hold it for one call. Raises DatabaseFault before the call, and nothing after it."""
        with faults.translated(self._engine.url):
            session, turn = self._taken()
        try:
            yield
        finally:
            self._give_back(session, turn)

    def close(self) -> None:
        """Give the sessions back, between calls."""
        with self._lock:
            idle, self._idle = self._idle, []
        for session in idle:
            session.close()

    def _taken(self) -> tuple[Any, int]:
        session = self._session()
        try:
            return session, _take(session, self._turns)
        except BaseException:
            session.close()  # it may still wait
            raise

    def _session(self) -> Any:
        with self._lock:
            if self._idle:
                return self._idle.pop()
        pooled = self._engine.raw_connection()
        pooled.detach()  # one for each call under way, however few the engine's pool has
        session: Any = pooled.dbapi_connection
        session.autocommit = True
        return session

    def _give_back(self, session: Any, turn: int) -> None:
        try:
            with session.cursor() as cursor:
                cursor.execute(_GIVE_BACK, (turn,))
        except psycopg2.Error:  # a lost session holds no turn, and what the site answered still counts
            session.close()
            return
        with self._lock:
            self._idle.append(session)


def _take(session: Any, turns: Sequence[int]) -> int:
    with session.cursor() as cursor:
        cursor.execute(_TAKE_A_FREE_ONE, (turns,))
        if free := cursor.fetchone():
            return int(free[0])
        turn = random.choice(turns)  # noqa: S311 - one queue is as good as another
        cursor.execute(_QUEUE_FOR, (turn,))
    return turn


def _key(address: str, number: int) -> int:
    """The same for every way to write an address; PostgreSQL's locks are named by 64 bits."""
    site = address.partition("://")[2].rstrip("/").lower()
    return int.from_bytes(blake2b(f"call {number} to {site}".encode(), digest_size=8).digest(), signed=True)
