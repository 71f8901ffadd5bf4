"""Where a reason is mended: places on the pages (etl.pages), said without them, and what the key of a row tells."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote, urlencode

# What is known of a row: source, course, occurrence, unit, activity, client ...
Facts = Mapping[str, Any]
# How the parts of keys look: a code of the administration may hold a slash, an id of a source does not.
CODE: Final = ".+"
ID: Final = "[^/]+"
NUMBER: Final = "[0-9]+"
_MOST_PIECES: Final = 16


@dataclass(frozen=True, eq=False)
class Place:
    """A page, and what a link to it says. ``asks``: each parameter of the page with the fact that it takes, left out
    where the row does not tell it; ``always``: those that are the same for every row; ``anchor``: the field, which may
    name facts.
    """

    page: str
    word: str
    asks: Mapping[str, str] = field(default_factory=dict)
    always: Mapping[str, str] = field(default_factory=dict)
    anchor: str = ""

    def address(self, facts: Facts) -> str:
        """The address beside the other pages."""
        given = {name: str(facts[fact]) for name, fact in self.asks.items() if facts.get(fact)}
        asked = urlencode({**self.always, **given})
        named = re.findall(r"{(\w+)}", self.anchor)
        known = all(facts.get(one) for one in named)
        anchor = self.anchor.format_map(facts) if known else self.anchor.partition("-{")[0]
        return self.page + (f"?{asked}" if asked else "") + (f"#{quote(anchor)}" if anchor else "")


@dataclass(frozen=True)
class RowKey:
    """What the key of a rejected row of a kind is made of: from left to right each fact and how it looks. ``scope``: of
    what the row's scope is the code.
    """

    parts: tuple[tuple[str, str], ...]
    scope: str = "course"

    def readings(self, key: str) -> list[dict[str, str]]:
        """Every way to read a key: one, unless a code in it holds a slash; none where there are too many of them."""
        pieces = key.split("/")
        return _readings(self.parts, pieces) if len(pieces) <= _MOST_PIECES else []


def _readings(parts: Sequence[tuple[str, str]], pieces: list[str]) -> list[dict[str, str]]:
    if not parts:
        return [] if pieces else [{}]
    (name, looks), *rest = parts
    return [
        {name: text, **others}
        for size in range(1, len(pieces) - len(rest) + 1)
        if re.fullmatch(looks, text := "/".join(pieces[:size]))
        for others in _readings(rest, pieces[size:])
    ]


def in_file(name: str, word: str) -> Place:
    """A file of the reference data."""
    return Place("reference-data", word, always={"file": name}, anchor=f"file-{name}")


def in_row(name: str, word: str, key: Mapping[str, str], column: str) -> Place:
    """A row of a file of the reference data, at a column. ``key``: columns with the facts that they hold; where not all
    of the row's key is among them, the page asks for the rest.
    """
    return Place("reference-row", word, key, {"file": name}, f"f-{column}")


def _client(column: str) -> Place:
    return in_row("clients", "correct the client", {"client_code": "client"}, column)


def _occurrence(column: str) -> Place:
    return in_row("occurrences", "correct the occurrence", {"occurrence_code": "occurrence"}, column)


COURSE: Final = Place(
    "mapping",
    "choose its course",
    {"occurrence": "occurrence", "source": "source", "course": "course"},
    anchor="course",
)
COMPETENCE_LINK: Final = Place("competences", "change its links", {"search": "course"}, anchor="links")
USERNAME, EMAIL, ARCHIVED, GIVEN_NAME = map(_client, ("username", "email", "archived", "given_name"))
FINISH_DATE, FOLLOW = map(_occurrence, ("finish_date", "follow"))
CLIENT_NUMBER: Final = in_row(
    "client_numbers",
    "enter the learner's number",
    {"client_code": "client", "scheme": "scheme", "value": "user"},
    "value",
)
REQUEST: Final = in_row(
    "training_requests",
    "correct the training request",
    {name: name for name in ("request_code", "person_id", "external_id")},
    "person_id",
)
