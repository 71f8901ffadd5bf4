"""The landed answers that an erasure writes again: they are looked for first, while others land, and then, while nobody
does, among what came since.
"""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Connection as Session

from etl import db
from etl.engine.people import ACCOUNT, CLIENT, EMAIL, People, Readers
from etl.load import landing
from etl.load.erased import Erased, Fact
from etl.load.landing import Answer
from etl.load.packing import Packer
from etl.results.erase_bodies import Written, forget_dictionary

Tell = Callable[[int, int], None]  # how many answers were looked through, of how many
_AT_ONCE: Final = 500  # packed bodies in memory
_WRITTEN: Final = (ACCOUNT, CLIENT, EMAIL)


@dataclass(frozen=True)
class Looked:
    """What is known of a source: ``found`` are the landings about the person, who is known there by ``theirs``; of each
    scope those up to one (``until``) were looked through.
    """

    theirs: frozenset[Fact] = frozenset()
    found: frozenset[int] = frozenset()
    until: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Look:
    """Who was looked for (``facts``), and what is known of each source since."""

    facts: frozenset[Fact] = frozenset()
    sources: Mapping[str, Looked] = field(default_factory=dict)


class Walk:
    """How many answers were looked through, told now and then. Those that are looked through again count once."""

    def __init__(self, session: Session, tell: Tell) -> None:
        [landed] = db.rows(session, "results/erase.landed")
        self._answers, self._tell, self._done = landed["answers"], tell, 0

    def on(self, answers: int) -> None:
        """So many more."""
        self._done = min(self._done + answers, self._answers)
        self._tell(self._done, self._answers)


def look(
    session: Session, known: Erased, facts: Iterable[Fact], readers: Readers, walk: Walk, before: Look
) -> Look:
    """Look for the person (``facts``) in every answer; where ``before`` is of the same facts, in those that it did not
    see.
    """
    sought = frozenset(facts)
    sources = before.sources if sought == before.facts else {}
    return Look(sought, {
        source: _Landings(session, source, people, known).look(sought, sources.get(source, Looked()), walk)
        for source, people in _sources(session, readers)
    })  # fmt: skip


def rewrite(session: Session, known: Erased, readers: Readers, looked: Look) -> Counter[str]:
    """Write again, or drop, what was found; returns how many answers."""
    counts: Counter[str] = Counter()
    for source, people in _sources(session, readers):
        counts["raw.landings"] += _Landings(session, source, people, known).rewrite(looked.sources[source])
    return counts


def _sources(session: Session, readers: Readers) -> Iterator[tuple[str, People]]:
    for row in db.rows(session, "results/erase.sources"):
        if people := readers.answers.get(row["system"]):
            yield row["source"], people


class _Landings:
    """The landed answers of one source."""

    def __init__(self, session: Session, source: str, people: People, known: Erased) -> None:
        self._session = session
        self._source = source
        self._people = people
        self._known = known
        self._unpacker = landing.unpacker_of(session)

    def look(self, facts: frozenset[Fact], before: Looked, walk: Walk) -> Looked:
        """An account that one answer tells is looked for in all."""
        theirs = set(before.theirs) or {fact for fact in facts if fact.place == self._source}
        found, until = set(before.found), dict(before.until)
        while theirs:
            sought = frozenset(theirs)
            found |= set(self._about(sought, theirs, until, walk))
            if theirs == sought:
                break
            until = {}
        return Looked(frozenset(theirs), frozenset(found), until)

    def _about(
        self, sought: frozenset[Fact], theirs: set[Fact], until: dict[str, int], walk: Walk
    ) -> Iterator[int]:
        """The landings about the person among those after ``until``, which moves on, as ``theirs`` grows."""
        written = Written(fact for fact in sought if fact.kind in _WRITTEN)
        accounts = {fact.value for fact in sought if fact.kind == ACCOUNT}
        for rows in self._after(until):
            for row in rows:
                body = self._unpacker.unpack(bytes(row["body"]))
                if written.may_be_in(body) or accounts & set(row["key"].split(",")):
                    answer = self._answer(row, body)
                    if self._without(answer, theirs) is not answer:
                        yield row["landing_id"]
            walk.on(len(rows))

    def _after(self, until: dict[str, int]) -> Iterator[list[Mapping[str, Any]]]:
        """The answers after these, some at a time. They are listed by one statement: within a scope, whatever that does
        not see yet gets a higher number (etl.load.landing).
        """
        seen = {"scopes": list(until), "until": list(until.values())}
        came = db.rows(self._session, "results/erase.came", source=self._source, **seen)
        until |= {row["scope"]: row["landings"][-1] for row in came}
        yield from self._answers(number for row in came for number in row["landings"])

    def _answers(self, landings: Iterable[int]) -> Iterator[list[Mapping[str, Any]]]:
        numbers = sorted(landings)
        for start in range(0, len(numbers), _AT_ONCE):
            some = numbers[start : start + _AT_ONCE]
            yield db.rows(self._session, "results/erase.answers", landings=some)

    @staticmethod
    def _answer(row: Mapping[str, Any], body: bytes) -> Answer:
        return Answer(row["scope"], row["resource"], row["key"], body)

    def _without(self, answer: Answer, theirs: set[Fact]) -> Answer | None:
        """The answer without the person; of an answer of theirs the accounts are theirs too."""

        def is_theirs(facts: list[Fact]) -> bool:
            accounts = {fact for fact in facts if fact.kind == ACCOUNT}
            if self._known.whose(facts) is None and not accounts & theirs:
                return False
            theirs.update(accounts)
            return True

        return self._people.without(self._source, answer, is_theirs)

    def rewrite(self, looked: Looked) -> int:
        """Returns how many landings were about the person."""
        changed = [
            (bytes(row["sha256"]), row["resource"])
            for rows in self._answers(looked.found)
            for row in rows
            if self._rewrite(row, set(looked.theirs))
        ]
        replaced = db.binaries(digest for digest, _ in changed)
        db.execute(self._session, "results/erase.drop_bodies", hashes=replaced)
        for resource in sorted({resource for _, resource in changed}):
            forget_dictionary(self._session, self._source, resource)
        return len(changed)

    def _rewrite(self, row: Mapping[str, Any], theirs: set[Fact]) -> bool:
        """Write a landing again without the person; one about nobody else goes. Was it about the person?"""
        answer = self._answer(row, self._unpacker.unpack(bytes(row["body"])))
        others = self._without(answer, theirs)
        if others is answer:
            return False
        if others is None:
            db.execute(self._session, "results/erase.drop_landings", landings=[row["landing_id"]])
            return True
        digest = hashlib.sha256(others.body).digest()
        given = {"hashes": db.binaries([digest]), "sizes": [len(others.body)]}
        packed = db.binaries([Packer().pack(others.body)])
        db.execute(self._session, "load/landing.add_bodies", **given, bodies=packed)
        moved = {"landing_id": row["landing_id"], "sha256": digest, "key": others.key}
        db.execute(self._session, "results/erase.replace_landing", **moved)
        return True
