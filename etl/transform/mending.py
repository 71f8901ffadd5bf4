"""Where a reason is mended: places on the pages (etl.pages), said without them, and what the key of a row tells."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote, urlencode

# What is known of a row: source, course, occurrence, unit, activity, client ...
Facts = Mapping[str, Any]


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
    """What the key of a rejected row of a kind is made of (a pattern that names facts), and of what the row's scope is
    the code.
    """

    pattern: str
    scope: str = "course"


def in_file(name: str, word: str) -> Place:
    """A file of the reference data."""
    return Place("reference-data", word, always={"file": name}, anchor=f"file-{name}")


COURSE: Final = Place(
    "mapping",
    "choose its course",
    {"occurrence": "occurrence", "source": "source", "course": "course"},
    anchor="course",
)
COMPETENCE_LINK: Final = Place("competences", "change its links", {"search": "course"}, anchor="links")
CLIENT: Final = in_file("clients", "correct the client")
CLIENT_NUMBER: Final = in_file("client_numbers", "enter the learner's number")
OCCURRENCE: Final = in_file("occurrences", "correct the occurrence")
REQUEST: Final = in_file("training_requests", "correct the training request")
