"""Land first: every answer of a source is stored as received before anything is derived.

See docs/design.md, Land first.
"""

import hashlib
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeVar

import pandas as pd
from sqlalchemy import Connection as Session

from etl import db

_BODIES: Final = 200  # held in memory at once besides those of the caller
T = TypeVar("T")


@dataclass(frozen=True)
class Answer:
    """One answer of a source, as received: ``scope`` says of which course, ``resource`` what it is, ``key`` whose."""

    scope: str
    resource: str
    key: str
    body: bytes


@dataclass(frozen=True)
class Landed:
    """One landed answer, read back."""

    landing_id: int
    scope: str
    resource: str
    key: str
    landed_at: datetime
    body: bytes


def land(session: Session, run_id: str, source: str, answers: Sequence[Answer]) -> None:
    """Store answers, each body once by its hash, in the transaction of ``session``."""
    if not answers:
        return
    hashes = [hashlib.sha256(answer.body).digest() for answer in answers]
    known = _known(session, set(hashes))
    fresh = {
        digest: answer.body for digest, answer in zip(hashes, answers, strict=True) if digest not in known
    }
    # Sorted, so that two runs that land the same bodies wait for each other in one order.
    for part in _parts(sorted(fresh)):
        db.execute(
            session,
            "load/landing.add_bodies",
            hashes=part,
            sizes=[len(fresh[digest]) for digest in part],
            bodies=[zlib.compress(fresh[digest], 1) for digest in part],
        )
    db.execute(
        session,
        "load/landing.add_answers",
        source=source,
        run_id=run_id,
        scopes=[answer.scope for answer in answers],
        resources=[answer.resource for answer in answers],
        keys=[answer.key for answer in answers],
        hashes=hashes,
    )


def index(
    session: Session, source: str, scopes: Iterable[str], as_of: datetime | None = None
) -> pd.DataFrame:
    """The newest answers of these scopes: landing_id, scope, resource, key, sha256 (hex), landed_at.

    ``as_of`` leaves out what was landed later, so that a past night is derived from what it knew.
    """
    return db.query(session, "load/landing.index", source=source, scopes=list(scopes), as_of=as_of)


def newest_of(session: Session, source: str, resource: str) -> pd.DataFrame:
    """The newest answer of a resource in every scope of a source: landing_id, scope, sha256 (hex)."""
    return db.query(session, "load/landing.newest", source=source, resource=resource)


def history(
    session: Session, source: str, resource: str, scopes: Sequence[str], keys: Sequence[str]
) -> list[int]:
    """All landings of a resource about some keys (each with its scope), also those that newer ones replaced."""
    rows = db.rows(
        session,
        "load/landing.history",
        source=source,
        resource=resource,
        scopes=list(scopes),
        keys=list(keys),
    )
    return [int(row["landing_id"]) for row in rows]


def read(session: Session, landing_ids: Iterable[int]) -> Iterator[Landed]:
    """The answers of these landings, oldest first, a few bodies at a time."""
    for part in _parts(sorted(landing_ids)):
        for row in db.rows(session, "load/landing.read", landing_ids=part):
            yield Landed(
                row["landing_id"],
                row["scope"],
                row["resource"],
                row["key"],
                row["landed_at"],
                zlib.decompress(bytes(row["body"]), bufsize=row["raw_bytes"] or 1),
            )


def _parts(items: Sequence[T]) -> Iterator[Sequence[T]]:
    """As many as memory holds the bodies of."""
    for start in range(0, len(items), _BODIES):
        yield items[start : start + _BODIES]


def _known(session: Session, hashes: set[bytes]) -> set[bytes]:
    found = db.rows(session, "load/landing.known", hashes=list(hashes))
    return {bytes(row["sha256"]) for row in found}
