"""What a value of a reference file may look like: each kind gives the reason why a value is wrong, or None.

A reason never repeats the value: in a file whose columns have shifted it may be a name.
"""

import re
from collections.abc import Callable
from datetime import date
from functools import cache
from typing import Final
from zoneinfo import available_timezones

Kind = Callable[[str], str | None]

MATCHABLE: Final = ("email", "username", "given_name", "surname")  # what a source tells of its learners too

_HUNDRED_YEARS: Final = 36_525

_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_BRIN6: Final = re.compile(r"[0-9]{2}[A-Z]{2}[0-9]{2}")
_WHOLE_NUMBER: Final = re.compile(r"0|[1-9]\d{0,8}", re.ASCII)


def text(value: str) -> str | None:
    """Free text: anything."""
    return None


def code(value: str) -> str | None:
    """A code of the administration or of a source; blanks around it would make two codes of one."""
    if value != value.strip() or not value.isprintable():
        return "a code has no blanks around it and no control characters"
    return None


def whole_number(value: str) -> str | None:
    """A number of at most nine digits, without leading zeros."""
    return None if _WHOLE_NUMBER.fullmatch(value) else "must be a whole number without leading zeros"


def brin6(value: str) -> str | None:
    """A school: BRIN and location number, such as 99QQ00."""
    return None if _BRIN6.fullmatch(value) else "must be a BRIN and location number such as 99QQ00"


def days(value: str) -> str | None:
    """A number of days between 1 and a hundred years."""
    if not whole_number(value) and 1 <= int(value) <= _HUNDRED_YEARS:
        return None
    return f"must be a number of days, 1 to {_HUNDRED_YEARS}"


def boolean(value: str) -> str | None:
    """``true`` or ``false``."""
    return None if value in ("true", "false") else "must be true or false"


def day(value: str) -> str | None:
    """A date, YYYY-MM-DD."""
    try:
        if _DATE.fullmatch(value) and date.fromisoformat(value):
            return None
    except ValueError:
        return "is not a day of the calendar"
    return "must be a date, YYYY-MM-DD"


def one_of(*allowed: str) -> Kind:
    """One of a few words."""
    reason = f"must be one of {', '.join(allowed)}"
    return lambda value: None if value in allowed else reason


def timezone(value: str) -> str | None:
    """A time zone of the tz database, such as Europe/Amsterdam."""
    return None if value in _timezones() else "must be a time zone such as Europe/Amsterdam"


def pattern(value: str) -> str | None:
    """A regular expression that compiles."""
    try:
        re.compile(value)
    except (re.error, OverflowError, RecursionError):
        return "is not a valid regular expression"
    return None


def match_fields(value: str) -> str | None:
    """Fields that are combined with AND, such as email+given_name."""
    names = value.split("+")
    if set(names) <= set(MATCHABLE) and len(set(names)) == len(names):
        return None
    return f"must be different fields joined by +, out of {', '.join(MATCHABLE)}"


@cache
def _timezones() -> set[str]:
    return available_timezones()
