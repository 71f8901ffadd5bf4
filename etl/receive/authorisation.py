"""Who may deliver test results: the supplier is known, the key opens the school's link (spec/iep_lvs_uwlr.md)."""

import hmac
import os
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from threading import Lock
from typing import Any, Final

from sqlalchemy import Engine

from etl import db
from etl.receive.faults import Code, Fault
from etl.receive.links import hashed
from etl.receive.message import Header

_NOBODY: Final = (b"\0" * 16, b"\0" * 64)  # an unknown school costs the same time as a wrong key


@dataclass(frozen=True)
class Link:
    """The link that a key opened."""

    brin6: str
    source: str
    lenient: bool
    fault_on_unknown_pupil: bool
    is_new: bool


class Attempts:
    """Failures per school: after too many in a short time, keys are not even looked at."""

    MOST: Final = 10
    SECONDS: Final = 300.0
    _SCHOOLS: Final = 10_000

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._failed: OrderedDict[str, deque[float]] = OrderedDict()
        self._lock = Lock()

    def too_many(self, brin6: str) -> bool:
        """Whether that happened too often of late."""
        with self._lock:
            times = self._failed.get(brin6, deque())
            while times and times[0] <= self._clock() - self.SECONDS:
                times.popleft()
            return len(times) >= self.MOST

    def failed(self, brin6: str) -> None:
        """Remember a failure."""
        with self._lock:
            self._failed.setdefault(brin6, deque(maxlen=self.MOST)).append(self._clock())
            self._failed.move_to_end(brin6)
            while len(self._failed) > self._SCHOOLS:
                self._failed.popitem(last=False)


class Keys:
    """Verifies keys against their stored hash, and remembers in memory which ones it has verified.

    What is remembered hangs on the stored hash: a key that was changed or removed is not known any more.
    """

    def __init__(self) -> None:
        self._secret = os.urandom(32)
        self._verified: dict[str, tuple[bytes, bytes]] = {}
        self._hashing = Lock()  # one at a time: each takes 16 MB

    def remembered(self, brin6: str, key: str, stored: bytes | None) -> bool:
        """Whether this very key was verified before."""
        mark, against = self._verified.get(brin6, (b"", b""))
        return hmac.compare_digest(mark, self._mark(key)) and stored is not None and against == stored

    def verify(self, brin6: str, key: str, salt: bytes | None, stored: bytes | None) -> bool:
        """Whether the key has this hash; takes the same time when there is none."""
        with self._hashing:
            computed = hashed(key, salt or _NOBODY[0])
        right = hmac.compare_digest(computed, stored or _NOBODY[1]) and stored is not None
        if right and stored is not None:
            self._verified[brin6] = (self._mark(key), stored)
        return right

    def _mark(self, key: str) -> bytes:
        return hmac.digest(self._secret, key.encode(), "sha256")


@dataclass
class LinkGate:
    """Judges one message: the ``Gate`` of ``etl.receive.reading``. ``link`` is set once the key was right."""

    engine: Engine
    keys: Keys
    attempts: Attempts
    today: date
    link: Link | None = None
    key: str = field(default="", repr=False)

    @property
    def claimed(self) -> str:
        """The first six characters of the key: the school it says it is of."""
        return self.key[:6]

    def admit(self, header: Header | None) -> bool:
        """Check supplier and key. Raises Fault."""
        if header is None:
            raise Fault(Code.AUTHORISATION, "header autorisatie: missing")
        self.key = header.key
        with self.engine.connect() as connection:
            supplier = {"supplier": header.supplier, "supplier_code": header.supplier_code}
            if not db.rows(connection, "load/iep_supplier_known", **supplier):
                raise self._failed(Code.CUSTOMER, "klantcode and klantnaam are not a pair that is known here")
            found = db.rows(connection, "load/iep_link", brin6=self.claimed)
        row: dict[str, Any] = dict(found[0]) if found else {}
        if not self._opens(header, row):
            raise self._failed(
                Code.AUTHORISATION, "autorisatiesleutel: not valid, or the link is paused or ended"
            )
        self.link = Link(
            self.claimed, row["source"], row["lenient"], row["fault_on_unknown_pupil"], row["is_new"]
        )
        return self.link.lenient

    def check_school(self, brin6: str | None) -> None:
        """The key is that of the school in the message; a schoolkey says nothing against it."""
        if self.link is not None and brin6 not in (None, self.link.brin6):
            raise Fault(Code.AUTHORISATION, "autorisatiesleutel: not of the school in the message")

    def _opens(self, header: Header, row: dict[str, Any]) -> bool:
        salt, stored = (bytes(row[name]) if row.get(name) else None for name in ("salt", "hash"))
        right = self.keys.remembered(self.claimed, header.key, stored)
        if not right and not self.attempts.too_many(self.claimed):
            right = self.keys.verify(self.claimed, header.key, salt, stored)
        pair = (row.get("supplier"), row.get("supplier_code"))
        return right and pair == (header.supplier, header.supplier_code) and row["start_date"] <= self.today

    def _failed(self, code: Code, text: str) -> Fault:
        """What a sender is told who may not deliver, unless that happened too often of late."""
        if self.attempts.too_many(self.claimed):
            return Fault(Code.NOT_NOW, "too many failures for this school: try again in a few minutes")
        self.attempts.failed(self.claimed)
        return Fault(code, text)
