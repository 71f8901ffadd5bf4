"""Who may deliver test results: the supplier is known, the key opens the school's link.

See docs/connectors/iep_lvs.md, Links and keys.
"""

import hmac
import os
from dataclasses import dataclass, field
from datetime import date
from threading import Lock
from typing import Any, Final

from sqlalchemy import Engine

from etl import db
from etl.connectors.iep_lvs.faults import Code, UwlrFault
from etl.connectors.iep_lvs.links import hashed
from etl.connectors.iep_lvs.message import Header, School
from etl.engine.guesses import Guesses, Turn

_NOBODY: Final = (b"\0" * 16, b"\0" * 64)  # an unknown school costs the same time as a wrong key
_NOT_VALID: Final = "autorisatiesleutel: not valid, or the link is paused or ended"
_MAIN_LOCATION: Final = "00"


@dataclass(frozen=True)
class Link:
    """The link that a key opened."""

    brin6: str
    schoolkey: str | None
    lenient: bool
    fault_on_unknown_pupil: bool
    is_new: bool

    @property
    def schoolkeys(self) -> set[str | None]:
        """What a message may call the school instead of its BRIN: as it was entered here, or the BRIN after all."""
        brin = self.brin6.removesuffix(_MAIN_LOCATION) if self.brin6.endswith(_MAIN_LOCATION) else self.brin6
        return {self.brin6, brin, self.schoolkey}


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
    """Judges one message: the ``Gate`` of ``etl.connectors.iep_lvs.reading``. ``link`` is set once the key was right.

    ``has_waited``: this message has waited for its turn.
    """

    engine: Engine
    keys: Keys
    guesses: Guesses
    today: date
    address: str = ""
    has_waited: bool = False
    link: Link | None = None
    key: str = field(default="", repr=False)

    @property
    def claimed(self) -> str:
        """The first six characters of the key: the school it says it is of."""
        return self.key[:6]

    def admit(self, header: Header | None) -> bool:
        """Check supplier and key. Raises UwlrFault, or Turn."""
        if header is None:
            raise UwlrFault(Code.AUTHORISATION, "header autorisatie: missing")
        self.key = header.key
        with self.engine.connect() as session:
            supplier = {"supplier": header.supplier, "supplier_code": header.supplier_code}
            if not db.rows(session, "iep_lvs/links.supplier_known", **supplier):
                raise self._failed(
                    "", UwlrFault(Code.CUSTOMER, "klantcode and klantnaam are not a pair that is known here")
                )
            found = db.rows(session, "iep_lvs/links.authorised", brin6=self.claimed)
        row: dict[str, Any] = dict(found[0]) if found else {}
        if not self._opens(header, row):
            raise UwlrFault(Code.AUTHORISATION, _NOT_VALID)
        self.link = Link(
            self.claimed, row["schoolkey"], row["lenient"], row["fault_on_unknown_pupil"], row["is_new"]
        )  # fmt: skip
        return self.link.lenient

    def check_school(self, school: School) -> None:
        """The key is that of the school in the message."""
        if self.link is None:
            return
        if school.brin6 not in (None, self.link.brin6):
            raise UwlrFault(Code.AUTHORISATION, "autorisatiesleutel: not of the school in the message")
        if school.schoolkey is not None and school.schoolkey not in self.link.schoolkeys:
            raise UwlrFault(
                Code.AUTHORISATION, "element schoolkey: not of the school of the autorisatiesleutel"
            )

    def _opens(self, header: Header, row: dict[str, Any]) -> bool:
        salt, stored = (bytes(row[name]) if row.get(name) else None for name in ("salt", "hash"))
        right = self.keys.remembered(self.claimed, header.key, stored) or self._verify(
            header.key, salt, stored
        )
        pair = (row.get("supplier"), row.get("supplier_code"))
        return right and pair == (header.supplier, header.supplier_code) and row["start_date"] <= self.today

    def _verify(self, key: str, salt: bytes | None, stored: bytes | None) -> bool:
        """Look at the key, when it is this sender's turn. Raises Turn, and UwlrFault for who guesses too often."""
        sender = (
            self.address,
            self.claimed if stored else "",
        )  # one count for all schools that there are not
        if not self.has_waited:
            seconds = self.guesses.turn(*sender)
            if seconds is None:
                raise _too_often()
            if seconds:
                raise Turn(seconds)
        if not self.keys.verify(self.claimed, key, salt, stored):
            raise self._failed(sender[1], UwlrFault(Code.AUTHORISATION, _NOT_VALID))
        return True

    def _failed(self, school: str, fault: UwlrFault) -> UwlrFault:
        """Count a failure; returns what the sender is told, which is no answer once it failed too often."""
        is_too_often = self.guesses.too_many(self.address, school)
        self.guesses.failed(self.address, school)
        return _too_often() if is_too_often else fault


def _too_often() -> UwlrFault:
    return UwlrFault(
        Code.NOT_NOW, "too many failures from this address for this school: try again in a few minutes"
    )
