"""Paths and field names of one InfoCaption site; the connection's extra ``mapping`` overrides any of them.

Courses and participants have no public documentation (docs/connectors/infocaption.md, Interface), so that
nothing of them is fixed in code. A field that a site does not have is mapped to null.
"""

from typing import Annotated

import msgspec

from etl.connections import Connection
from etl.errors import GiveUp

COURSE_KINDS = frozenset({14, 18})  # guide types: course, physical course


class MappedListing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where a list stands, what else to ask it with, and what its fields are called where they differ."""

    path: str
    query: dict[str, str] = {}
    fields: dict[str, str | None] = {}


class MappedCourses(MappedListing, frozen=True, forbid_unknown_fields=True):
    """The list of courses: id, name, published, kind."""

    path: str = "/API/public/courses"


class Participants(MappedListing, frozen=True, forbid_unknown_fields=True):
    """The list of a course's participants: user_id, email, status, score, mastery_score, completed."""

    path: str = "/API/public/courses/{id}/participants"


class Mapping(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``page``, ``hits_per_page`` and ``since`` are names of parameters; ``since`` null: a list is always whole."""

    token: str = "/oauth2/token"  # noqa: S105
    page: str = "page"
    hits_per_page: str = "hitsPerPage"
    page_size: Annotated[int, msgspec.Meta(ge=1, le=10_000)] = 600
    since: str | None = "from"
    courses: MappedCourses = MappedCourses()
    participants: Participants = Participants()


def mapping_of(connection: Connection) -> Mapping:
    """The mapping of a connection: what its extra says, else the house style. Raises GiveUp naming the field."""
    given = connection.extra.get("mapping") or {}
    try:
        if isinstance(given, str):  # as a form stores it
            return msgspec.json.decode(given, type=Mapping)
        return msgspec.convert(given, Mapping)
    except msgspec.DecodeError as problem:
        message = f"connection {connection.conn_id}: extra mapping is not usable: {problem}"
        raise GiveUp(message) from None
