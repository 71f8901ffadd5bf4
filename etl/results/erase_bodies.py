"""The parts of landed answers and messages that are about a person: the body is written again without them.

An answer about nobody else goes altogether. Dictionaries that answers of the same kind were packed with go too, for
they hold pieces of the first of them.
"""

import json
import re
from collections import Counter
from collections.abc import Iterable
from typing import Final
from xml.sax.saxutils import escape

from sqlalchemy import Connection as Session

from etl import db
from etl.engine.people import MessageReader, Readers
from etl.load import packing
from etl.load.erased import Erased, Fact
from etl.load.packing import Packer, Unpacker

_QUOTES: Final = {'"': "&quot;", "'": "&apos;"}
_AT_ONCE: Final = 500  # packed bodies in memory


def rewrite_messages(
    session: Session, known: Erased, facts: Iterable[Fact], readers: Readers
) -> Counter[str]:
    """Write again, or drop, messages about the person (``facts``) and others; returns how many."""
    counts: Counter[str] = Counter()
    for system, reader in readers.messages.items():
        counts["raw.inbox"] += _messages(session, system, reader, known, facts)
    return counts


class Written:
    """How a body may write what a person is known by: as it is, or with what JSON (PHP's with its slashes) and XML
    escape, each letter in upper or lower case. A number stands by itself: 17 is not in 1178.
    """

    def __init__(self, facts: Iterable[Fact]) -> None:
        self._patterns = [_pattern(one) for one in {fact.value for fact in facts}]

    def may_be_in(self, body: bytes) -> bool:
        """Whether a body may be about the person; who reads it knows."""
        text = body.decode(errors="replace").lower()
        return any(pattern.search(text) for pattern in self._patterns)


def _pattern(value: str) -> re.Pattern[str]:
    """Begins with the very letters where it can, which a search finds fast."""
    if value.isdecimal():
        return re.compile(rf"{value}(?<![0-9]{value})(?![0-9])")
    return re.compile("".join(map(_ways, value)))


def _ways(letter: str) -> str:
    """How a letter may be written, in a text of small letters."""
    cases = {letter, letter.lower(), letter.upper(), letter.casefold()}
    escaped = {json.dumps(one)[1:-1] for one in cases} | {escape(one, _QUOTES) for one in cases}
    found = {one.lower() for one in cases | escaped | ({"\\/"} if letter == "/" else set())}
    return re.escape(found.pop()) if len(found) == 1 else f"(?:{'|'.join(map(re.escape, sorted(found)))})"


def _messages(
    session: Session, system: str, reader: MessageReader, known: Erased, facts: Iterable[Fact]
) -> int:
    """Write messages of a system again that are about others too, and drop the bodies of those that are not."""
    written, changed, after = Written(facts), 0, 0
    while found := db.rows(session, "results/erase.messages", system=system, after=after, most=_AT_ONCE):
        for row in found:
            after, text = row["message_id"], Unpacker().unpack(bytes(row["body"]))
            if not written.may_be_in(text):
                continue
            others = reader(text, row["origin"], lambda theirs: known.whose(theirs) is not None)
            if others.text is text:
                continue
            db.execute(session, "results/erase.add_results", brin6=row["origin"], keys=list(others.keys))
            body = None if others.text is None else Packer().pack(others.text)
            db.execute(session, "results/erase.put_message", message_id=after, body=body)
            changed += 1
    return changed


def forget_dictionary(session: Session, source: str, resource: str) -> None:
    """Pack what was packed with a dictionary without one; the next small answers of the kind make a new one."""
    for gone in db.rows(session, "results/erase.drop_dictionary", source=source, resource=resource):
        number, dictionary = int(gone["dictionary_id"]), bytes(gone["dictionary"])
        unpacker, packer = Unpacker(lambda _, made=dictionary: made), Packer()  # type: ignore[misc]
        about = {"number": number.to_bytes(4, "little").rstrip(b"\0"), "most": _AT_ONCE}
        after = b""
        while rows := db.rows(session, "results/erase.packed_with", after=after, **about):
            after = bytes(rows[-1]["sha256"])
            frames = {bytes(row["sha256"]): bytes(row["body"]) for row in rows}
            again = {
                digest: packer.pack(unpacker.unpack(frame))
                for digest, frame in frames.items()
                if packing.dictionary_of(frame) == number
            }
            packed = {"hashes": db.binaries(again), "packed": db.binaries(again.values())}
            db.execute(session, "results/erase.repack", **packed)
