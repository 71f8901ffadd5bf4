"""The inbox: messages are kept as they came, before anybody is told that they arrived (docs/design.md, Land first).

What is kept is the message without its SOAP header, because the header holds the school's key.
"""

import hashlib
import zlib
from dataclasses import asdict, dataclass
from typing import Final, Literal
from xml.sax.saxutils import escape

import pandas as pd
from sqlalchemy import Connection as Session

from etl import db
from etl.connectors.iep_lvs import hardened
from etl.connectors.iep_lvs.faults import Code, Fault
from etl.connectors.iep_lvs.message import School
from etl.connectors.iep_lvs.reading import ENVELOPES, HEADERS, Message
from etl.transform.test_results import match_pupils

# Pupils of a test message. A school's first real delivery has more of them, or some that are known.
_MOST_DUMMIES: Final = 10


@dataclass(frozen=True)
class Received:
    """Where a message stands in the inbox; not ``is_new`` when it was there already."""

    message_id: int
    is_new: bool


@dataclass(frozen=True)
class Origin:
    """Under which link and by which way a message came, and how it is read. A test delivers a dummy pupil."""

    source: str
    brin6: str
    channel: Literal["soap", "drop"]
    lenient: bool
    kind: Literal["results", "test"] = "results"


def without_header(text: bytes, key: str) -> bytes:
    """The message without its SOAP header. Raises Fault when the key would be kept all the same."""
    kept = hardened.cut(text, ENVELOPES, HEADERS)
    if key.encode() in kept or escape(key).encode() in kept:
        raise Fault(Code.MESSAGE, "the autorisatiesleutel stands elsewhere than in the header")
    return kept


def add(session: Session, origin: Origin, text: bytes, school: School, results: int) -> Received:
    """Keep a message in the transaction of ``session``; the same one again only counts as delivered again."""
    [row] = db.rows(
        session,
        "iep_lvs/inbox.add",
        **asdict(origin),
        **{"created_at": school.created_at, "school_year": school.school_year, "results": results},
        sha256=hashlib.sha256(text).digest(),
        body=zlib.compress(text, 1),
    )
    return Received(row["message_id"], row["is_new"])


def body(session: Session, message_id: int) -> bytes:
    """A message as it was kept."""
    [row] = db.rows(session, "iep_lvs/inbox.body", message_id=message_id)
    return zlib.decompress(bytes(row["body"]))


def unknown_pupils(session: Session, message: Message, brin6: str) -> int:
    """How many pupils of a message for this school match no client; those are quarantined, or fault it."""
    said = pd.DataFrame(message.pupils, columns=["pupil_id", "eck_id"], dtype="str").assign(brin6=brin6)
    matched = match_pupils(said, db.query(session, "iep_lvs/derivation.pupils", **identifiers(message)))
    return int(matched["pupil_key"].isna().sum())


def has_only_dummies(message: Message, unknown: int) -> bool:
    """Whether a message delivers no pupil that is known, and few: a new link's test message has dummy pupils.

    What a real delivery of strangers holds is not lost: test messages are derived again when pupils become known.
    """
    return unknown == len(message.pupils) and len(message.pupils) + len(message.unreadable) <= _MOST_DUMMIES


def check_types(message: Message, *, lenient: bool) -> None:
    """The contract wants every result of a supplier's own kind to say which. Raises Fault, on a strict link."""
    if message.untyped and not lenient:
        raise Fault(Code.MESSAGE, "element anderresultaat: no xsi:type says of which kind it is")


def identifiers(*messages: Message) -> dict[str, list[str]]:
    """The identifiers of the pupils of messages, as the queries on clients take them."""
    pupils = [pupil for message in messages for pupil in message.pupils]
    return {
        "pupil_ids": sorted({pupil_id for pupil_id, _ in pupils if pupil_id}),
        "eck_ids": sorted({eck_id for _, eck_id in pupils if eck_id}),
    }


def log(
    session: Session,
    brin6: str,
    event: str,
    detail: str,
    code: str | None = None,
    message_id: int | None = None,
) -> None:
    """Write what happened to a message to the link log; nothing is written for a school without a link."""
    db.execute(
        session, "iep_lvs/inbox.log", brin6=brin6, event=event, fault_code=code, detail=detail,
        message_id=message_id,
    )  # fmt: skip


def summary(message: Message, unknown: int) -> str:
    """What the link log says of a message: counts."""
    return f"{message.delivered} results, {len(message.unreadable)} unreadable, {unknown} pupils unknown"
