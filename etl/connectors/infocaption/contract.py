"""What InfoCaption answers, typed, and as tables (docs/connectors/infocaption.md, Interface).

Names of people are not even decoded: a participant is matched by e-mail address alone.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from html import unescape
from math import isfinite
from typing import Annotated, Any, Final, TypeVar
from zoneinfo import ZoneInfo

import msgspec
import pandas as pd
from msgspec import Raw

from etl.connectors.infocaption.mapping import COURSE_KINDS, MappedListing
from etl.engine.decoding import Decoded, Rejects, Text, each, outline, outlined, whole
from etl.transform.competences import MASTERY_SCORE, SCORE, TIME

Id = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)] | Annotated[str, msgspec.Meta(pattern=r"^[^\x00/\s]+$")]
_NUMBER: Final = re.compile(
    r"[+-]?[0-9]+([.,][0-9]+)?"
)  # Python would take 1_0 and digits of other scripts, too
_FIRST_YEAR, _LAST_YEAR = 1970, 2242  # .NET's "never" is the year 1; pandas' nanoseconds end in 2262
_MILLISECONDS: Final = 10**11  # as seconds that is the year 5138
_LONGEST_VALUE: Final = 100  # bytes of a score or a time
T = TypeVar("T")


class Page(msgspec.Struct, rename="camel"):
    """Envelope of every list."""

    results: list[Raw]
    total_hits: int
    total_pages: int
    current_page: int


class Rows(msgspec.Struct):
    """The rows of an envelope, undecoded."""

    results: list[Raw]


class ListedCourse(msgspec.Struct):
    """A course as the list shows it."""

    id: Id
    name: Text
    published: bool | int
    kind: int | None = msgspec.field(default=None, name="guideType")


_NOTHING: Final = Raw(b"null")


class Participant(msgspec.Struct):
    """One attempt of one participant."""

    user_id: Id = msgspec.field(name="userId")
    email: Text | None = None
    status: Text | None = msgspec.field(default=None, name="lessonStatus")
    # Read one by one: what is not needed for the verdict must not spoil the row.
    score: Raw = _NOTHING
    mastery_score: Raw = msgspec.field(default=_NOTHING, name="masteryScore")
    completed: Raw = _NOTHING


# What stands for a field that a site does not have.
_WITHOUT: Final[dict[str, Any]] = {"published": True}  # the list shows published courses only

_rows = msgspec.json.Decoder(Rows)
_page = msgspec.json.Decoder(Page)


def decode_page(body: bytes, call: str) -> Page:
    """One page of a list, its rows undecoded."""
    return outline(body, _page, call)


def join(rows: list[Raw]) -> bytes:
    """Several pages as one answer, row for row as they came."""
    return b'{"results":[' + b",".join(bytes(row) for row in rows) + b"]}"


def decode_courses(body: bytes, listing: MappedListing) -> Decoded:
    """source_course_id, name (as people read it), published; guides and other kinds are left out."""
    rejects = Rejects()
    courses = [
        course
        for course in _decoded(body, "course", ListedCourse, listing, rejects)
        if course.kind is None or course.kind in COURSE_KINDS
    ]
    frame = pd.DataFrame(
        {
            "source_course_id": pd.Series([str(course.id) for course in courses], dtype="str"),
            "name": pd.Series([unescape(course.name) for course in courses], dtype="str"),
            "published": pd.Series([bool(course.published) for course in courses], dtype="bool"),
        }
    )
    return Decoded(frame.drop_duplicates("source_course_id", keep="last"), None, rejects.frame())


def decode_participants(body: bytes, listing: MappedListing, timezone: str) -> Decoded:
    """user_id, email, status, score, mastery_score, completed_at (UTC), unreadable; what is not known is missing.

    ``unreadable`` names the values that are not what they should be, out of SCORE, MASTERY_SCORE and TIME: whether
    they are needed is not said here. A time without an offset is in ``timezone``, the source's.
    """
    rejects, zone = Rejects(), ZoneInfo(timezone)
    attempts = [_attempt(row, zone) for row in _decoded(body, "participant", Participant, listing, rejects)]
    columns = ["user_id", "email", "status", SCORE, MASTERY_SCORE, "completed_at", "unreadable"]
    types = dict.fromkeys([*columns[:3], columns[6]], "str") | dict.fromkeys(columns[3:5], "float64")
    frame = pd.DataFrame(attempts, columns=columns).astype(types | {"completed_at": "datetime64[us, UTC]"})
    return Decoded(frame, None, rejects.frame())


def is_empty(body: bytes) -> bool:
    """Whether a list has no rows."""
    rows = whole(body, _rows)
    return rows is not None and not rows.results


def _decoded(body: bytes, what: str, kind: type, listing: MappedListing, rejects: Rejects) -> list[Any]:
    names = tuple(sorted(listing.fields.items()))
    rows = whole(body, _list_decoder(kind, names))
    if rows is not None:
        return list(rows.results)
    outlined_rows = outlined(body, _rows, "list", rejects)
    return list(each(outlined_rows.results if outlined_rows else [], _decoder(kind, names), rejects, what))


@cache
def _decoder(kind: type, names: tuple[tuple[str, str | None], ...]) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(_renamed(kind, dict(names)))


@cache
def _list_decoder(kind: type, names: tuple[tuple[str, str | None], ...]) -> msgspec.json.Decoder[Any]:
    row = _renamed(kind, dict(names))
    return msgspec.json.Decoder(msgspec.defstruct("List", [("results", list[row])]))  # type: ignore[valid-type]


def _renamed(kind: type, names: dict[str, str | None]) -> type[msgspec.Struct]:
    """``kind`` with the field names of one site."""
    fields = []
    for known in msgspec.structs.fields(kind):
        name = names.get(known.name, known.encode_name)
        default = known.default if name is not None else _WITHOUT.get(known.name)
        # no site has a key of the private use area
        field = msgspec.field(default=default, name=f"\ue000{known.name}" if name is None else name)
        fields.append((known.name, known.type, field))
    return msgspec.defstruct(kind.__name__, fields, kw_only=True)


def _attempt(row: Participant, zone: ZoneInfo) -> tuple[Any, ...]:
    unreadable: list[str] = []

    def value(name: str, raw: Raw, read: Callable[[Any], T]) -> T | None:
        try:
            return read(_scalar(raw))
        except ValueError:
            unreadable.append(name)
            return None

    score, mastery_score = value(SCORE, row.score, _number), value(MASTERY_SCORE, row.mastery_score, _number)
    completed = value(TIME, row.completed, lambda moment: _moment(moment, zone))
    return str(row.user_id), row.email, row.status, score, mastery_score, completed, " ".join(unreadable)


def _scalar(raw: Raw) -> Any:
    """A number, a text or None. Raises ValueError for anything else, and for what is longer than any of them."""
    if len(bytes(raw)) > _LONGEST_VALUE:
        raise ValueError("too long")
    found = msgspec.json.decode(raw)  # a DecodeError is a ValueError
    if isinstance(found, bool | list | dict):
        raise ValueError("neither a number nor a text")
    return found


def _number(value: float | str | None) -> float | None:
    """A number or its text, with a point or a comma; empty = none."""
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    if isinstance(value, str) and not _NUMBER.fullmatch(value.strip()):
        raise ValueError("not a number")
    number = float(value.strip().replace(",", ".")) if isinstance(value, str) else float(value)
    if not isfinite(number):
        raise ValueError("not a number")
    return number


def _moment(value: float | str | None, zone: ZoneInfo) -> datetime | None:
    """ISO 8601, or epoch in seconds or milliseconds; empty and 0 = none."""
    if value in (None, 0) or (isinstance(value, str) and not value.strip()):
        return None
    try:
        if isinstance(value, str):
            moment = datetime.fromisoformat(value.strip())
        elif isinstance(value, int):
            moment = datetime.fromtimestamp(_seconds(value), UTC)
        else:
            raise ValueError("not a time")
        if not _FIRST_YEAR < moment.year < _LAST_YEAR:
            raise ValueError("not a time of this age")
    except (OverflowError, OSError):
        raise ValueError("not a time") from None
    # zoneinfo knows a moment for local times that summer time skips or repeats, too
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)


def _seconds(value: int) -> float:
    return value / 1000 if value >= _MILLISECONDS else value
