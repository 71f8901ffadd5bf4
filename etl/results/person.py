"""Everything that is kept of one person, by kind: for the page, and for whoever has to answer the person."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection as Session

from etl import db
from etl.errors import InvalidInput

_KINDS: Final = {
    "enrolments": "Enrolments",
    "unit_results": "Unit and task results",
    "completions": "Completed courses",
    "competences": "Competences",
    "points": "Accreditation points",
    "registrations": "Registrations",
    "test_results": "Test results",
    "moodle": "Transfers to Moodle",
}
MOST: Final = 500  # rows of a kind


@dataclass(frozen=True)
class Kept:
    """Rows of one kind, newest first; ``whole``: they are all that there are."""

    title: str
    rows: list[Mapping[str, Any]]
    whole: bool


@dataclass(frozen=True)
class Person:
    """Who it is, under which numbers others know the person, and what is kept."""

    who: Mapping[str, Any]
    numbers: list[Mapping[str, Any]]
    kept: list[Kept]


def read_person(session: Session, client_code: str) -> Person:
    """All of it. Raises InvalidInput where the administration never listed the client."""
    found = db.rows(session, "results/person.person", client_code=client_code)
    if not found:
        raise InvalidInput("there is no client of this code")
    numbers = db.rows(session, "results/person.numbers", client_code=client_code)
    return Person(found[0], numbers, [_kept(session, client_code, kind) for kind in _KINDS])


def _kept(session: Session, client_code: str, kind: str) -> Kept:
    rows = db.rows(session, f"results/person.{kind}", client_code=client_code, most=MOST + 1)
    return Kept(_KINDS[kind], rows[:MOST], len(rows) <= MOST)
