"""Land first: every answer of a source is stored as received before anything is derived (design.md, rule 1)."""

import hashlib
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import pandas as pd
from psycopg2.extras import execute_values
from sqlalchemy import Connection

from etl import db

_FETCH_ROWS = 200  # bodies held in memory at once while reading back


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


def land(connection: Connection, run_id: str, source: str, answers: Sequence[Answer]) -> None:
    """Store answers, each body once by its hash, in the transaction of ``connection``."""
    if not answers:
        return
    hashes = [hashlib.sha256(answer.body).digest() for answer in answers]
    known = _known(connection, set(hashes))
    fresh = {
        digest: answer.body for digest, answer in zip(hashes, answers, strict=True) if digest not in known
    }
    with db.driver_cursor(connection) as cursor:
        # Sorted, so that two runs that land the same bodies wait for each other in one order.
        execute_values(
            cursor,
            db.sql("load/land_bodies"),
            [(digest, len(body), zlib.compress(body, 1)) for digest, body in sorted(fresh.items())],
        )
        execute_values(
            cursor,
            db.sql("load/land_answers"),
            [(source, a.scope, a.resource, a.key, h, run_id) for a, h in zip(answers, hashes, strict=True)],
        )


def index(
    connection: Connection, source: str, scopes: Iterable[str], as_of: datetime | None = None
) -> pd.DataFrame:
    """The newest answers of these scopes: landing_id, scope, resource, key, sha256 (hex), landed_at.

    ``as_of`` leaves out what was landed later, so that a past night is derived from what it knew.
    """
    return db.query(connection, "load/landing_index", source=source, scopes=list(scopes), as_of=as_of)


def newest_of(connection: Connection, source: str, resource: str) -> pd.DataFrame:
    """The newest answer of a resource in every scope of a source: landing_id, scope, sha256 (hex)."""
    return db.query(connection, "load/landing_newest", source=source, resource=resource)


def history(
    connection: Connection, source: str, resource: str, scopes: Sequence[str], keys: Sequence[str]
) -> list[int]:
    """All landings of a resource about some keys (each with its scope), also those that newer ones replaced."""
    rows = db.rows(
        connection,
        "load/landing_history",
        source=source,
        resource=resource,
        scopes=list(scopes),
        keys=list(keys),
    )
    return [int(row["landing_id"]) for row in rows]


def read(connection: Connection, landing_ids: Iterable[int]) -> Iterator[Landed]:
    """The answers of these landings, oldest first, a few bodies at a time."""
    ordered = sorted(landing_ids)
    for start in range(0, len(ordered), _FETCH_ROWS):
        chunk = ordered[start : start + _FETCH_ROWS]
        for row in db.rows(connection, "load/landing_read", landing_ids=chunk):
            yield Landed(
                row["landing_id"],
                row["scope"],
                row["resource"],
                row["key"],
                row["landed_at"],
                zlib.decompress(bytes(row["body"]), bufsize=row["raw_bytes"] or 1),
            )


def _known(connection: Connection, hashes: set[bytes]) -> set[bytes]:
    found = db.rows(connection, "load/landing_known", hashes=list(hashes))
    return {bytes(row["sha256"]) for row in found}
