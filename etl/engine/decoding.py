"""Decoding of answers of every source: the whole body at once where it is good, else row by row."""

import re
from codecs import BOM_UTF8
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Annotated, Any, Final, TypeVar

import msgspec
import pandas as pd

from etl.errors import RejectRecord, RetryLater
from etl.transform.reasons import reason

T = TypeVar("T")

MALFORMED: Final = "malformed_record"
BROKEN: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)

# A character in two halves (UTF-16), half of one, or any other escape.
_ESCAPE: Final = re.compile(
    rb"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
    rb"|(?P<half>\\u[dD][89a-fA-F][0-9a-fA-F]{2})"
    rb"|\\.",
    re.DOTALL,
)
# PostgreSQL's text holds everything but NUL.
Text = Annotated[str, msgspec.Meta(pattern=r"^[^\x00]*$")]
Id = Annotated[int, msgspec.Meta(ge=1, le=2**63 - 1)]
Flag = bool | int  # a Boolean comes as 0/1 or true/false
# Seconds; 2**33 is in the year 2242, before pandas' nanoseconds overflow.
Epoch = Annotated[int, msgspec.Meta(ge=0, le=2**33)]


@dataclass(frozen=True)
class Decoded:
    """Good rows, whose they are where that is told apart, rejected rows (record_key, reason_code, reason)."""

    frame: pd.DataFrame
    learners: pd.DataFrame | None
    rejected: pd.DataFrame


@dataclass
class Rejects:
    """Collects malformed rows: by position or id and field, never by content."""

    rows: list[tuple[str, str, str]] = field(default_factory=list)

    def add(self, record_key: str, error: Exception | str = "", code: str = MALFORMED) -> None:
        """List one row; the texts of msgspec name types and fields only."""
        detail = error if isinstance(error, str) else _plain(error)
        self.rows.append((record_key, code, f"{reason(code)} {detail}".rstrip()))

    def frame(self) -> pd.DataFrame:
        """As a table."""
        return _rejected(self.rows) if self.rows else _nothing()


def _rejected(rows: Sequence[tuple[str, str, str]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["record_key", "reason_code", "reason"], dtype="str")


@cache
def _nothing() -> pd.DataFrame:
    """Nearly every answer: making the table anew would take as long as decoding a small one."""
    return _rejected([])


def decoded(body: bytes, decoder: msgspec.json.Decoder[T]) -> T:
    """The answer; byte order marks before it, and half characters where nobody reads them, do not spoil it.

    Raises what msgspec raises.
    """
    try:
        return decoder.decode(body)
    except msgspec.ValidationError:
        raise
    except msgspec.DecodeError:
        # NUL, which no Text may hold: where the field is read, its row is refused
        mended = _ESCAPE.sub(lambda m: rb"\u0000" if m["half"] else m[0], without_mark(body))
        if mended == body:
            raise
        return decoder.decode(mended)


def without_mark(body: bytes) -> bytes:
    """The body without byte order marks: PHP sends one for each of its files that was saved with one."""
    while body.startswith(BOM_UTF8):
        body = body.removeprefix(BOM_UTF8)
    return body


def whole(body: bytes, decoder: msgspec.json.Decoder[T]) -> T | None:
    """The answer when every row of it is good, else None."""
    try:
        return decoded(body, decoder)
    except BROKEN:
        return None


def outline(body: bytes, decoder: msgspec.json.Decoder[T], name: str) -> T:
    """The answer, its rows undecoded; RetryLater when it is cut off, RejectRecord when it is none."""
    try:
        return decoded(body, decoder)
    except msgspec.ValidationError as error:
        raise RejectRecord(MALFORMED, f"{name}: {_plain(error)}") from None
    except msgspec.DecodeError:
        raise RetryLater(f"{name}: truncated or damaged JSON ({len(body)} bytes)") from None
    except (UnicodeDecodeError, RecursionError) as error:
        raise RejectRecord(MALFORMED, f"{name}: {_plain(error)}") from None


def outlined(body: bytes, decoder: msgspec.json.Decoder[T], name: str, rejects: Rejects) -> T | None:
    """As ``outline`` for an answer of many rows: one that is something else is listed as a whole."""
    try:
        return outline(body, decoder, name)
    except RejectRecord as problem:
        rejects.add("answer", str(problem))
        return None


def each(
    rows: Sequence[msgspec.Raw],
    decoder: msgspec.json.Decoder[T],
    rejects: Rejects,
    kind: str,
    prefix: str = "",
    start: int = 0,
) -> Iterable[T]:
    """The good rows; a bad one is listed with its id, or its position (the first is ``start``) where it has none."""
    for position, row in enumerate(rows, start):
        try:
            yield decoder.decode(row)
        except BROKEN as error:
            rejects.add(f"{prefix}{key_of(row, kind, position)}", error)


class _Named(msgspec.Struct):
    id: Any = None
    userid: Any = None
    cmid: Any = None
    user_id: Any = msgspec.field(default=None, name="userId")


_named = msgspec.json.Decoder(_Named)


def key_of(row: msgspec.Raw, kind: str, position: int) -> str:
    """``kind`` and the id of a row, as far as it is an id; else its position."""
    found = whole(bytes(row), _named) or _Named()
    for value in (found.userid, found.user_id, found.cmid, found.id):
        if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 2**63:
            return f"{kind} {value}"
    return f"{kind} at position {position}"


def _plain(error: Exception) -> str:
    if isinstance(error, UnicodeDecodeError):
        return "Invalid UTF-8"  # its own text quotes the bytes
    return "Nested too deeply" if isinstance(error, RecursionError) else str(error)
