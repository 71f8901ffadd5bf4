"""Land first: every answer of a source is stored as received before anything is derived.

See docs/design.md, Land first.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple, TypeVar

import pandas as pd
import pyarrow as pa
from sqlalchemy import Connection as Session

from etl import db
from etl.errors import DatabaseFault
from etl.load import packing
from etl.load.packing import Packer, Unpacker

_BODIES: Final = 200  # held in memory at once besides those of the caller
T = TypeVar("T")


@dataclass(frozen=True)
class Answer:
    """One answer of a source, as received: ``scope`` says of which course, ``resource`` what it is, ``key`` whose."""

    scope: str
    resource: str
    key: str
    body: bytes


class Landed(NamedTuple):
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
    # In turn: what became visible later has the higher number, so that a number tells what is derived of a scope.
    for scope in sorted({answer.scope for answer in answers}):
        db.execute(session, "load/locks.take", lock=f"land/{source}/{scope}")
    hashes = [hashlib.sha256(answer.body).digest() for answer in answers]
    known = _known(session, set(hashes))
    fresh = {digest: answer for digest, answer in zip(hashes, answers, strict=True) if digest not in known}
    _add_bodies(session, source, fresh)
    rows = {
        "source": pa.repeat(source, len(answers)),
        "scope": [answer.scope for answer in answers],
        "resource": [answer.resource for answer in answers],
        "key": [answer.key for answer in answers],
        "sha256": [f"\\x{digest.hex()}" for digest in hashes],
        "run_id": pa.repeat(run_id, len(answers)),
    }
    db.copy(session, "raw.landings", pa.table(rows))


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


def moments(session: Session, source: str, scope: str, resource: str) -> list[tuple[datetime, int]]:
    """When each answer of a resource was landed in a scope, with its landing_id, the newest first."""
    asked = {"source": source, "scope": scope, "resource": resource}
    return [
        (row["landed_at"], row["landing_id"]) for row in db.rows(session, "load/landing.moments", **asked)
    ]


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


def counted(
    session: Session, source: str, scopes: Sequence[str], keys: Sequence[str], moments: Sequence[datetime]
) -> list[Mapping[str, object]]:
    """The answers about some keys of some scopes that were the newest at any of these moments, whatever resource they
    are of, as ``shown`` has them.
    """
    found = db.rows(
        session,
        "load/landing.counted",
        source=source,
        scopes=list(scopes),
        keys=list(keys),
        moments=list(moments),
    )
    return shown(session, [row["landing_id"] for row in found])


def shown(session: Session, landing_ids: Sequence[int]) -> list[Mapping[str, object]]:
    """Answers as people are shown them, oldest first: resource, scope, key, landed_at, sha256 (hex), whether the body
    is kept, and run_id.
    """
    return db.rows(session, "load/landing.shown", landing_ids=list(landing_ids))


def unpacker_of(session: Session) -> Unpacker:
    """What ``read`` unpacks with; whoever reads many times lets it ask for each dictionary once."""
    return Unpacker(lambda number: _dictionary(session, number))


def read(session: Session, landing_ids: Iterable[int], unpacker: Unpacker | None = None) -> Iterator[Landed]:
    """The answers of these landings, oldest first, a few bodies at a time."""
    unpacker = unpacker or unpacker_of(session)
    for part in _parts(sorted(landing_ids)):
        for row in db.rows(session, "load/landing.read", landing_ids=part):
            yield Landed(
                row["landing_id"],
                row["scope"],
                row["resource"],
                row["key"],
                row["landed_at"],
                unpacker.unpack(bytes(row["body"])),
            )


def _parts(items: Sequence[T]) -> Iterator[Sequence[T]]:
    """As many as memory holds the bodies of."""
    for start in range(0, len(items), _BODIES):
        yield items[start : start + _BODIES]


def _add_bodies(session: Session, source: str, fresh: Mapping[bytes, Answer]) -> None:
    """Sorted, so that two runs that land the same bodies wait for each other in one order.

    Not by COPY, which cannot leave out what somebody else landed meanwhile: a table between costs more than it saves.
    """
    packer = Packer(_dictionaries(session, source, fresh.values()))
    for part in _parts(sorted(fresh)):
        bodies = [fresh[digest] for digest in part]
        db.execute(
            session,
            "load/landing.add_bodies",
            hashes=db.binaries(part),
            sizes=[len(answer.body) for answer in bodies],
            bodies=db.binaries(packer.pack(answer.body, answer.resource) for answer in bodies),
        )


def _dictionaries(session: Session, source: str, fresh: Iterable[Answer]) -> Mapping[str, bytes]:
    """The dictionary of each resource of a source; one that has none yet gets it from these answers, if they are
    enough.
    """
    small = defaultdict(list)
    for answer in fresh:
        if len(answer.body) <= packing.SMALL:
            small[answer.resource].append(answer.body)
    if not small:
        return {}
    held = _held(session, source)
    lacking = sorted(small.keys() - held.keys())
    made = [(resource, packing.dictionary(small[resource])) for resource in lacking]
    for resource, dictionary in made:
        if dictionary:
            number = packing.number_of(dictionary)
            about = {"source": source, "resource": resource}
            db.execute(
                session, "load/landing.add_dictionary", **about, dictionary_id=number, dictionary=dictionary
            )
    return _held(session, source) if any(dictionary for _, dictionary in made) else held


def _held(session: Session, source: str) -> dict[str, bytes]:
    rows = db.rows(session, "load/landing.dictionaries", source=source)
    return {str(row["resource"]): bytes(row["dictionary"]) for row in rows}


def _dictionary(session: Session, number: int) -> bytes:
    found = db.rows(session, "load/landing.dictionary", dictionary_id=number)
    if not found:
        raise DatabaseFault(f"the warehouse: raw.dictionaries lacks {number}: restore it from a backup", None)
    return bytes(found[0]["dictionary"])


def _known(session: Session, hashes: set[bytes]) -> set[bytes]:
    found = db.rows(session, "load/landing.known", hashes=db.binaries(hashes))
    return {bytes(row["sha256"]) for row in found}
