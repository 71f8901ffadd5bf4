"""Whose is which part of an answer: what a connector says so that a person's part can be left out.

``Withheld`` leaves out the parts of people who were erased on request, before anything is read of an answer or kept.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Protocol

import msgspec
from msgspec import Raw

from etl.engine.decoding import BROKEN, decoded
from etl.load.erased import CODE, Erased, Fact
from etl.load.landing import Answer

IsGone = Callable[[list[Fact]], bool]
ACCOUNT: Final = "account"
EMAIL: Final = "email"
CLIENT: Final = "client"
PERSON: Final = "person"  # the number that an integration, or the training administration, has for somebody
REQUEST: Final = "request"  # of a training
NUMBER: Final = "number"  # of a scheme of client_numbers.csv
_rows = msgspec.json.Decoder(list[Raw])
_object = msgspec.json.Decoder(dict[str, Raw])
_value = msgspec.json.Decoder(str | int | float | bool | None)


class People(Protocol):
    """How the answers of a system name people. ``by_email``: it knows them by their e-mail address."""

    @property
    def by_email(self) -> bool:
        """Whether an address alone says who somebody is."""

    def without(self, source: str, answer: Answer, is_gone: IsGone) -> Answer | None:
        """An answer without the parts of some people, byte for byte as it was where it has none of them; None where
        nothing is left, or where it cannot be read, so that nobody knows whose it is.
        """


class Others(Protocol):
    """A message without some people: ``text`` is the very one where none of them was in it, None where nobody else is;
    ``keys``: of the results that were left out.
    """

    @property
    def text(self) -> bytes | None:
        """What is left."""

    @property
    def keys(self) -> Sequence[str]:
        """Of what was left out."""


MessageReader = Callable[[bytes, str, IsGone], Others]


@dataclass(frozen=True)
class Readers:
    """By system, how answers name people, and how messages of several people do."""

    answers: Mapping[str, People]
    messages: Mapping[str, MessageReader]

    @property
    def by_email(self) -> list[str]:
        """The systems that know people by their e-mail address."""
        return [system for system, people in self.answers.items() if people.by_email]


@dataclass(frozen=True)
class JsonPeople:
    """Answers in JSON: lists of rows, each about one person.

    ``lists``: of each resource below which name its list stands, "" where the answer is one. ``fields``: what the field
    of a row is a fact of; a text with an @ is an e-mail address, whatever a site calls it. ``keyed``: resources with an
    answer for each account, which is their key.
    """

    lists: Mapping[str, str]
    fields: Mapping[str, str]
    keyed: frozenset[str] = frozenset()
    by_email: bool = False

    def without(self, source: str, answer: Answer, is_gone: IsGone) -> Answer | None:
        """See People."""
        if answer.resource in self.keyed and is_gone([Fact(ACCOUNT, source, answer.key)]):
            return None
        below = self.lists.get(answer.resource)
        if below is None or not answer.body:
            return answer
        try:
            whole = decoded(answer.body, _object) if below else {}
            rows = decoded(bytes(whole[below]) if below else answer.body, _rows)
        except (*BROKEN, KeyError):
            return None
        kept = [row for row in rows if not is_gone(self._facts(source, row))]
        if len(kept) == len(rows):
            return answer
        return replace(answer, body=msgspec.json.encode({**whole, below: kept} if below else kept))

    def _facts(self, source: str, row: Raw) -> list[Fact]:
        try:
            said = {
                name: str(_value.decode(value))
                for name, value in _object.decode(row).items()
                if (name in self.fields or b"@" in bytes(value)) and bytes(value)[:1] not in b"[{"
            }
        except BROKEN:
            return []
        facts = [Fact(kind, source, said[name]) for name, kind in self.fields.items() if said.get(name)]
        return facts + [Fact(EMAIL, source, value) for value in said.values() if "@" in value]


@dataclass
class Withheld:
    """Leaves out of a source's answers whoever was erased; ``accounts``: theirs, of which other answers of the same
    course have only the number. ``learned``: those of them that were not known yet, with the erasure.
    """

    erased: Erased
    people: People | None
    source: str
    accounts: set[Fact] = field(default_factory=set)
    learned: dict[Fact, int] = field(default_factory=dict)

    def others(self, answer: Answer) -> Answer:
        """The answer without them. One that cannot be read is left to whoever reads it."""
        if self.people is None or not self.erased:
            return answer
        return self.people.without(self.source, answer, self._is_gone) or answer

    @property
    def note(self) -> str | None:
        """What the report says of it."""
        if not self.accounts:
            return None
        return f"{CODE}: {len(self.accounts)} whom the answers name, of whom nothing is kept"

    def _is_gone(self, facts: list[Fact]) -> bool:
        theirs = {fact for fact in facts if fact.kind == ACCOUNT}
        erasure = self.erased.whose(facts)
        if erasure is None and not theirs & self.accounts:
            return False
        self.accounts |= theirs or set(facts)
        if erasure is not None:
            self.learned |= {fact: erasure for fact in theirs if self.erased.whose([fact]) is None}
        return True
