"""The parts of landed answers and messages that are about a person: the body is written again without them.

An answer about nobody else goes altogether. Dictionaries that answers of the same kind were packed with go too, for
they hold pieces of the first of them.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final
from xml.sax.saxutils import escape

from sqlalchemy import Connection as Session

from etl import db
from etl.engine.people import ACCOUNT, CLIENT, EMAIL, MessageReader, People, Readers
from etl.load import landing, packing
from etl.load.erased import Erased, Fact
from etl.load.landing import Answer
from etl.load.packing import Packer, Unpacker

_AT_ONCE: Final = 200  # bodies in memory


def rewrite(session: Session, known: Erased, facts: list[Fact], readers: Readers) -> Counter[str]:
    """Write again, or drop, what is about the person (``facts``) in bodies of every source; returns how many."""
    counts: Counter[str] = Counter()
    for row in db.rows(session, "results/erase.sources"):
        if people := readers.answers.get(row["system"]):
            counts["raw.landings"] += _Landings(session, row["source"], people, known, facts).rewrite()
    for system, reader in readers.messages.items():
        counts["raw.inbox"] += _messages(session, system, reader, known, facts)
    return counts


class _Landings:
    """The landed answers of one source."""

    def __init__(
        self, session: Session, source: str, people: People, known: Erased, facts: Iterable[Fact]
    ) -> None:
        self._session = session
        self._source = source
        self._people = people
        self._known = known
        self._theirs = {fact for fact in facts if fact.place == source}
        self._accounts = {fact for fact in self._theirs if fact.kind == ACCOUNT}
        self._resources: set[str] = set()

    def rewrite(self) -> int:
        """Returns how many landings were about the person. An account that one answer tells is looked for in all."""
        unpacker, changed = landing.unpacker_of(self._session), 0
        looked_for: set[Fact] = set()
        while self._theirs - looked_for:
            looked_for = set(self._theirs)
            needles = spellings(fact for fact in looked_for if fact.kind in (ACCOUNT, CLIENT, EMAIL))
            for rows, body in self._bodies(unpacker):
                if mentions(body, needles) or _keyed(rows, self._accounts):
                    changed += sum(self._rewrite(row, body) for row in rows)
        for resource in sorted(self._resources):
            _forget_dictionary(self._session, self._source, resource)
        return changed

    def _bodies(self, unpacker: Unpacker) -> Iterator[tuple[list[Mapping[str, Any]], bytes]]:
        """Each body of the source, with the landings that it is of."""
        after = b""
        while True:
            found = db.rows(
                self._session, "results/erase.bodies", source=self._source, after=after, most=_AT_ONCE
            )
            if not found:
                return
            hashes = [bytes(row["sha256"]) for row in found]
            after = hashes[-1]
            rows = db.rows(
                self._session, "results/erase.landings", source=self._source, hashes=db.binaries(hashes)
            )
            for digest in hashes:
                [held] = db.rows(self._session, "results/erase.body", sha256=digest)
                of_it = [row for row in rows if bytes(row["sha256"]) == digest]
                yield of_it, unpacker.unpack(bytes(held["body"]))

    def _rewrite(self, row: Mapping[str, Any], body: bytes) -> bool:
        answer = Answer(row["scope"], row["resource"], row["key"], body)
        others = self._people.without(self._source, answer, self._is_theirs)
        if others is answer:
            return False
        self._resources.add(row["resource"])
        if others is None:
            db.execute(self._session, "results/erase.drop_landings", landings=[row["landing_id"]])
        else:
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
        db.execute(self._session, "results/erase.drop_bodies", hashes=db.binaries([bytes(row["sha256"])]))
        return True

    def _is_theirs(self, facts: list[Fact]) -> bool:
        accounts = {fact for fact in facts if fact.kind == ACCOUNT}
        if self._known.whose(facts) is None and not accounts & self._theirs:
            return False
        self._theirs |= accounts
        self._accounts |= accounts
        return True


def _keyed(rows: Iterable[Mapping[str, Any]], accounts: set[Fact]) -> bool:
    """Whether the key of a landing names one of these accounts."""
    numbers = {fact.value for fact in accounts}
    return any(numbers & set(row["key"].split(",")) for row in rows)


def spellings(facts: Iterable[Fact]) -> set[str]:
    """How a body may write what a person is known by: as it is, or with what JSON (PHP's with its slashes) and XML
    escape; in small letters.
    """
    found = set()
    for fact in facts:
        as_json = json.dumps(fact.value)[1:-1]
        found |= {fact.value, as_json, as_json.replace("/", "\\/"), escape(fact.value)}
    return {one.lower() for one in found}


def mentions(body: bytes, written: Iterable[str]) -> bool:
    """Whether a body may be about a person (see ``spellings``); who reads it knows."""
    text = body.decode(errors="replace").lower()
    return any(one in text for one in written)


def _messages(
    session: Session, system: str, reader: MessageReader, known: Erased, facts: Iterable[Fact]
) -> int:
    """Write messages of a system again that are about others too, and drop the bodies of those that are not."""
    needles, changed, after = spellings(facts), 0, 0
    while found := db.rows(session, "results/erase.messages", system=system, after=after, most=_AT_ONCE):
        for row in found:
            after, text = row["message_id"], Unpacker().unpack(bytes(row["body"]))
            if not mentions(text, needles):
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
        packed = db.rows(
            session, "results/erase.packed_with", number=number.to_bytes(4, "little").rstrip(b"\0")
        )
        for row in packed:
            frame = bytes(row["body"])
            if packing.dictionary_of(frame) == number:
                db.execute(
                    session, "results/erase.repack", sha256=bytes(row["sha256"]),
                    body=packer.pack(unpacker.unpack(frame)),
                )  # fmt: skip
