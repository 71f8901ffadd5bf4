"""Who was erased on request, without saying who: keyed hashes of what a source would name them by.

They are what keeps an erasure: what comes of these people again is left out before it is stored, and counted.
"""

import hmac
from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from sqlalchemy import Connection as Session

from etl import db

CODE: Final = "erased_on_request"  # what a report says of people who were left out


class Fact(NamedTuple):
    """What a person is known by somewhere: a ``value`` of a ``kind`` (account, email, client ...) at a ``place``, which
    is a source, an integration or a scheme of numbers; empty where it is so everywhere.
    """

    kind: str
    place: str
    value: str


class Erased:
    """The people who were erased, as far as whoever knows a fact of them can tell."""

    def __init__(self, key: bytes, tokens: Mapping[bytes, int]) -> None:
        self._key = key
        self._tokens = tokens

    def __bool__(self) -> bool:
        return bool(self._tokens)

    def whose(self, facts: Iterable[Fact]) -> int | None:
        """The erasure of somebody who is known by one of these facts; None of anybody else."""
        found = (self._tokens.get(self.token(fact)) for fact in facts)
        return next((erasure for erasure in found if erasure is not None), None)

    def token(self, fact: Fact) -> bytes:
        """The keyed hash of a fact; letters count alike in upper and lower case."""
        return hmac.digest(self._key, "\0".join(fact).casefold().encode(), "sha256")

    def alone(self, erasure: int, facts: Iterable[Fact]) -> "Erased":
        """Of all erasures one that is being made, by these facts."""
        return Erased(self._key, {self.token(fact): erasure for fact in facts})


def read(session: Session) -> Erased:
    """Everybody who was erased."""
    [row] = db.rows(session, "load/erased.key")
    tokens = {bytes(one["token"]): int(one["erasure_id"]) for one in db.rows(session, "load/erased.tokens")}
    return Erased(bytes(row["key"]), tokens)


def keep(session: Session, erasure: int, facts: Iterable[Fact]) -> None:
    """Remember that whoever is known by these facts was erased."""
    known = read(session)
    tokens = db.binaries({known.token(fact) for fact in facts})
    db.execute(session, "load/erased.keep", tokens=tokens, erasure_id=erasure)
