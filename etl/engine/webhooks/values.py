"""The values of messages as their senders write them: moments, grades, yes or no, ids.

What is no value is refused by the name of its element, never by what it holds.
"""

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

from etl.engine.decoding import MALFORMED
from etl.errors import RejectRecord
from etl.files.kinds import code

_DAY: Final = re.compile(
    r"(?P<day>[0-9]{4}-[0-9]{2}-[0-9]{2})(?P<zone>Z|[+-][0-9]{2}:?[0-9]{2})?", re.IGNORECASE
)
_MOMENT: Final = re.compile(
    r"(?P<day>[0-9]{4}-[0-9]{2}-[0-9]{2})[T ](?P<time>[0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,9})?)?)"
    r"(?P<zone>Z|[+-][0-9]{2}:?[0-9]{2})?",
    re.IGNORECASE,
)
_FIRST_YEAR: Final = 1990  # 0001, 1900 and 1970 are what programs write for no moment at all
_NUMBER: Final = re.compile(r"[+-]?[0-9]{1,9}([.][0-9]{1,20})?")
_FLAGS: Final = {"true": True, "1": True, "ja": True, "false": False, "0": False, "nee": False}


def moment(name: str, text: str, zone: ZoneInfo) -> tuple[datetime, date]:
    """A moment (UTC) and its day in ``zone``, in which a time without one is meant. A day alone begins at midnight, and
    is that day whatever zone it names.

    Raises RejectRecord where it is none of the calendar, or one that programs write where they know none.
    """
    try:
        at, day = _moment(name, text, zone)
    except (ValueError, OverflowError):
        raise _refused(name, "not a moment of the calendar") from None
    if day.year < _FIRST_YEAR:
        raise _refused(name, "before there was e-learning, such as programs write for none")
    return at, day


def grade(name: str, text: str, *, comma: bool = False) -> Decimal:
    """A grade in plain digits; ``comma``: Dutch suppliers write a decimal comma. Raises RejectRecord for another."""
    written = text.replace(",", ".", 1) if comma and "." not in text else text
    if not _NUMBER.fullmatch(written):
        allowed = "such as 7.5 or 7,5" if comma else "such as 7.5"
        raise _refused(name, f"not a number {allowed}")
    return Decimal(written)


def flag(name: str, text: str) -> bool:
    """Yes or no. Raises RejectRecord for anything else."""
    if text.lower() not in _FLAGS:
        raise _refused(name, "not true or false")
    return _FLAGS[text.lower()]


def identifier(name: str, text: str | None) -> str:
    """The id of a person or a course. Raises RejectRecord where it is missing, or is none."""
    if not text:
        raise missing(name)
    if reason := code(text):
        raise _refused(name, reason)
    return text


def missing(name: str) -> RejectRecord:
    """An element that is not there, or is empty."""
    return RejectRecord(MALFORMED, f"element {name}: missing")


def _refused(name: str, reason: str) -> RejectRecord:
    return RejectRecord(MALFORMED, f"element {name}: {reason}")


def _micro(time: str) -> str:
    """A time with microseconds at most, which is as far as the warehouse counts."""
    whole, point, parts = time.partition(".")
    return f"{whole}.{parts[:6]:0<6}" if point else whole


def _moment(name: str, text: str, zone: ZoneInfo) -> tuple[datetime, date]:
    if told := _DAY.fullmatch(text):
        begins = datetime.fromisoformat(f"{told['day']}T00:00{(told['zone'] or '').upper()}")
        return (begins if begins.tzinfo else begins.replace(tzinfo=zone)).astimezone(UTC), begins.date()
    written = _MOMENT.fullmatch(text)
    if written is None:
        raise _refused(name, "not a date and time such as 2026-01-13T09:30:00+01:00")
    at = datetime.fromisoformat(
        f"{written['day']}T{_micro(written['time'])}{(written['zone'] or '').upper()}"
    )
    if at.tzinfo is None:  # the day is as it is written, also in the hour that summer time skips
        return at.replace(tzinfo=zone).astimezone(UTC), at.date()
    return at.astimezone(UTC), at.astimezone(zone).date()
