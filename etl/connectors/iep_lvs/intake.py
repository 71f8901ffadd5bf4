"""What UWLR puts into the inbox, and what it keeps of a message beside it.

What is kept is the message without its SOAP header, because the header holds the school's key.
"""

from dataclasses import dataclass
from typing import Final
from xml.sax.saxutils import escape

import pandas as pd
from sqlalchemy import Connection as Session

from etl import db
from etl.connectors.iep_lvs import people
from etl.connectors.iep_lvs.faults import Code, UwlrFault
from etl.connectors.iep_lvs.message import School
from etl.connectors.iep_lvs.reading import ENVELOPES, HEADERS, Message, Open, read
from etl.connectors.iep_lvs.test_results import match_pupils
from etl.engine import hardened, inbox
from etl.engine.inbox import Channel, Incoming, Proof, Received
from etl.load import erased
from etl.words import counted

SYSTEM: Final = "iep_lvs"
_PROOFS: Final[dict[Channel, Proof]] = {"http": "key", "drop": "location"}
# Pupils of a test message. A school's first real delivery has more of them, or some that are known.
_MOST_DUMMIES: Final = 10


@dataclass(frozen=True)
class Origin:
    """Under which school's link and by which way a message came, and how it is read. A test has a dummy pupil."""

    brin6: str
    channel: Channel
    lenient: bool
    is_test: bool = False


def without_header(text: bytes, key: str) -> bytes:
    """The message without its SOAP header. Raises UwlrFault when the key would be kept all the same."""
    kept = hardened.cut(text, ENVELOPES, HEADERS)
    if key.encode() in kept or escape(key).encode() in kept:
        raise UwlrFault(Code.MESSAGE, "the autorisatiesleutel stands elsewhere than in the header")
    return kept


def of_others(
    session: Session, text: bytes, message: Message, brin6: str, *, lenient: bool
) -> tuple[bytes, Message] | None:
    """A message that was read, without pupils who were erased on request; None where nobody else is in it."""
    known = erased.read(session)
    if not known:
        return text, message
    others = people.without(text, brin6, lambda facts: known.whose(facts) is not None)
    if others.text is None:
        log(session, brin6, "message", f"{erased.CODE}: it names nobody else, and nothing of it is kept")
        return None
    if not others.left_out:
        return text, message
    again = Message(left_out=others.left_out)
    read(others.text, Open(lenient), again)
    return others.text, again


def add(session: Session, origin: Origin, text: bytes, school: School, results: int) -> Received:
    """Keep a message in the transaction of ``session``; the same one again only counts as delivered again."""
    proof = _PROOFS[origin.channel]
    received = inbox.add(
        session,
        Incoming(SYSTEM, origin.brin6, origin.channel, proof, "text/xml", text, school.created_at),
    )
    if received.is_new:
        db.execute(
            session, "iep_lvs/intake.add", message_id=received.message_id, brin6=origin.brin6,
            school_year=school.school_year, is_test=origin.is_test, lenient=origin.lenient, results=results,
        )  # fmt: skip
    return received


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
    """The contract wants every result of a supplier's own kind to say which. Raises UwlrFault, on a strict link."""
    if message.untyped and not lenient:
        raise UwlrFault(Code.MESSAGE, "element anderresultaat: no xsi:type says of which kind it is")


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
        session, "iep_lvs/intake.log", brin6=brin6, event=event, fault_code=code, detail=detail,
        message_id=message_id,
    )  # fmt: skip


def summary(message: Message, unknown: int) -> str:
    """What the link log says of a message: counts."""
    delivered, pupils = counted(message.delivered, "result"), counted(unknown, "pupil")
    left_out = f", {erased.CODE}: {counted(message.left_out, 'pupil')}" if message.left_out else ""
    return f"{delivered}, {len(message.unreadable)} unreadable, {pupils} unknown{left_out}"
