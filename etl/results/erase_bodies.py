"""The parts of landed answers and messages that are about a person: the body is written again without them.

An answer about nobody else goes altogether. Dictionaries that answers of the same kind were packed with go too, for
they hold pieces of the first of them.
"""

import hashlib
import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final
from xml.sax.saxutils import escape

from sqlalchemy import Connection as Session

from etl import db
from etl.engine.people import ACCOUNT, CLIENT, EMAIL, MessageReader, People, Readers
from etl.load import landing, packing
from etl.load.erased import Erased, Fact
from etl.load.landing import Answer
from etl.load.packing import Packer, Unpacker

Tell = Callable[[int, int], None]  # how many answers were looked through, of how many
_QUOTES: Final = {'"': "&quot;", "'": "&apos;"}
_AT_ONCE: Final = 500  # packed bodies in memory


def rewrite_landings(
    session: Session, known: Erased, facts: Iterable[Fact], readers: Readers, tell: Tell
) -> Counter[str]:
    """Write again, or drop, what landed about the person (``facts``), of every source; returns how many answers."""
    counts: Counter[str] = Counter()
    [landed] = db.rows(session, "results/erase.landed")
    walk = _Walk(landed["answers"], tell)
    for row in db.rows(session, "results/erase.sources"):
        if people := readers.answers.get(row["system"]):
            landings = _Landings(session, row["source"], people, known, facts, walk)
            counts["raw.landings"] += landings.rewrite()
    return counts


def rewrite_messages(
    session: Session, known: Erased, facts: Iterable[Fact], readers: Readers
) -> Counter[str]:
    """The same of messages that are about several people."""
    counts: Counter[str] = Counter()
    for system, reader in readers.messages.items():
        counts["raw.inbox"] += _messages(session, system, reader, known, facts)
    return counts


class _Walk:
    """How many answers were looked through, told now and then. Those that are looked through again count once."""

    def __init__(self, answers: int, tell: Tell) -> None:
        self._answers, self._tell, self._done = answers, tell, 0

    def on(self, answers: int) -> None:
        self._done = min(self._done + answers, self._answers)
        self._tell(self._done, self._answers)


class _Landings:
    """The landed answers of one source."""

    def __init__(
        self,
        session: Session,
        source: str,
        people: People,
        known: Erased,
        facts: Iterable[Fact],
        walk: _Walk,
    ) -> None:
        self._session = session
        self._source = source
        self._people = people
        self._known = known
        self._walk = walk
        self._theirs = {fact for fact in facts if fact.place == source}
        self._accounts = {fact for fact in self._theirs if fact.kind == ACCOUNT}
        self._resources: set[str] = set()
        self._replaced: list[bytes] = []

    def rewrite(self) -> int:
        """Returns how many landings were about the person. An account that one answer tells is looked for in all."""
        unpacker, changed = landing.unpacker_of(self._session), 0
        looked_for: set[Fact] = set()
        while self._theirs - looked_for:
            looked_for = set(self._theirs)
            written = Written(fact for fact in looked_for if fact.kind in (ACCOUNT, CLIENT, EMAIL))
            accounts = {fact.value for fact in self._accounts}
            for row in self._answers():
                body = unpacker.unpack(bytes(row["body"]))
                if written.may_be_in(body) or accounts & set(row["key"].split(",")):
                    changed += self._rewrite(row, body)
        db.execute(self._session, "results/erase.drop_bodies", hashes=db.binaries(self._replaced))
        for resource in sorted(self._resources):
            _forget_dictionary(self._session, self._source, resource)
        return changed

    def _answers(self) -> Iterator[Mapping[str, Any]]:
        after = 0
        while found := db.rows(
            self._session, "results/erase.answers", source=self._source, after=after, most=_AT_ONCE
        ):
            yield from found
            after = found[-1]["landing_id"]
            self._walk.on(len(found))

    def _rewrite(self, row: Mapping[str, Any], body: bytes) -> bool:
        answer = Answer(row["scope"], row["resource"], row["key"], body)
        others = self._people.without(self._source, answer, self._is_theirs)
        if others is answer:
            return False
        self._resources.add(row["resource"])
        self._replaced.append(bytes(row["sha256"]))
        if others is None:
            db.execute(self._session, "results/erase.drop_landings", landings=[row["landing_id"]])
            return True
        digest = hashlib.sha256(others.body).digest()
        given = {"hashes": db.binaries([digest]), "sizes": [len(others.body)]}
        db.execute(
            self._session, "load/landing.add_bodies", **given,
            bodies=db.binaries([Packer().pack(others.body)]),
        )  # fmt: skip
        db.execute(
            self._session, "results/erase.replace_landing", landing_id=row["landing_id"],
            sha256=digest, key=others.key,
        )  # fmt: skip
        return True

    def _is_theirs(self, facts: list[Fact]) -> bool:
        accounts = {fact for fact in facts if fact.kind == ACCOUNT}
        if self._known.whose(facts) is None and not accounts & self._theirs:
            return False
        self._theirs |= accounts
        self._accounts |= accounts
        return True


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


def _forget_dictionary(session: Session, source: str, resource: str) -> None:
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
