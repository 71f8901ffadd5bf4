"""What a value of a reference file may look like: each kind gives the reason why a value is wrong, or None.

A reason never repeats the value: in a file whose columns have shifted it may be a name.
"""

import re
from collections.abc import Callable
from datetime import date
from functools import cache
from typing import Final
from zoneinfo import available_timezones

from etl import digits
from etl.transform import forms

Kind = Callable[[str], str | None]

MATCHABLE: Final = ("email", "username", "given_name", "surname")  # what a source tells of its learners too

CODE_BYTES: Final = 200  # so that every key, of seven codes at most, fits into an index of PostgreSQL (2,704)
TEXT_BYTES: Final = 2_000

_HUNDRED_YEARS: Final = 36_525

_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_NUMBER: Final = re.compile(r"-?(0|[1-9][0-9]{0,8})(\.[0-9]{1,6})?")
_FROM_NOTHING: Final = re.compile(r"(?<!\\)\{,[0-9]+\}")


def text(value: str) -> str | None:
    """Free text; anything that is not too long."""
    return _too_long(value, TEXT_BYTES)


def code(value: str) -> str | None:
    """A code of the administration or of a source; blanks around it would make two codes of one."""
    if seen := digits.hidden(value):
        return f"a code has no blanks around it and no control characters: {seen}"
    return _too_long(value, CODE_BYTES)


def whole_number(value: str) -> str | None:
    """A whole number up to 2147483647."""
    return digits.fault(value, digits.INTEGER)


def number(value: str) -> str | None:
    """A number with a decimal point, such as 10 or 5.5."""
    return None if _NUMBER.fullmatch(value) else "must be a number such as 10 or 5.5, with a decimal point"


def decimals(value: str) -> str | None:
    """How many digits stand after the decimal point, 0 to 6."""
    return digits.fault(value, 6)


def number_id(value: str) -> str | None:
    """A number that its system gave to a course, a user or an activity."""
    return digits.fault(value)


def course_id(value: str) -> str | None:
    """An id of a system that may name its courses otherwise than by numbers."""
    return digits.id_fault(value) or _too_long(value, CODE_BYTES)


def days(value: str) -> str | None:
    """A number of days between 1 and a hundred years."""
    if digits.fault(value, _HUNDRED_YEARS) is None and value != "0":
        return None
    return f"must be a number of days, 1 to {_HUNDRED_YEARS}"


def boolean(value: str) -> str | None:
    """``true`` or ``false``."""
    if value in ("true", "false"):
        return None
    spelt = value.strip().lower() in ("true", "false")
    return "must be true or false, in small letters and without blanks" if spelt else "must be true or false"


def day(value: str) -> str | None:
    """A date, YYYY-MM-DD."""
    try:
        if _DATE.fullmatch(value) and date.fromisoformat(value):
            return None
    except ValueError:
        return "is not a day of the calendar"
    return "must be a date, YYYY-MM-DD"


class OneOf:
    """One of a few ``words``."""

    def __init__(self, words: tuple[str, ...]) -> None:
        self.words = words
        self.__doc__ = f"One of {', '.join(words)}."

    def __call__(self, value: str) -> str | None:
        """Why it is none of them."""
        return None if value in self.words else f"must be one of {', '.join(self.words)}"


def one_of(*allowed: str) -> OneOf:
    """One of a few words."""
    return OneOf(allowed)


def some_of(*allowed: str) -> Kind:
    """Some of a few words, joined by +."""

    def kind(value: str) -> str | None:
        return _different_words("words", value, allowed)

    kind.__doc__ = f"Some of {', '.join(allowed)}, joined by +."
    return kind


def timezone(value: str) -> str | None:
    """A time zone of the tz database, such as Europe/Amsterdam."""
    return None if value in _timezones() else "must be a time zone such as Europe/Amsterdam"


def pattern(value: str) -> str | None:
    """A regular expression; one that is matched in a bounded time (etl.transform.forms)."""
    if reason := _too_long(value, TEXT_BYTES):
        return reason
    if not forms.is_form(value):
        reason = "is not a valid regular expression"
        return f"{reason}: look-around and back references may never end" if _compiles(value) else reason
    if _FROM_NOTHING.search(value):
        return "must say {0,n} for a number of repetitions that starts at nothing"  # RE2 takes {,n} for plain text
    return None


def match_fields(value: str) -> str | None:
    """Fields that are combined with AND, such as email+given_name."""
    return _different_words("fields", value, MATCHABLE)


def in_words(kind: Kind) -> str:
    """What a kind says of itself, without what follows from it."""
    said = (kind.__doc__ or "").partition("\n")[0].partition(";")[0].rstrip(".").replace("``", "`")
    return said[:1].lower() + said[1:]


def _different_words(what: str, value: str, allowed: tuple[str, ...]) -> str | None:
    names = value.split("+")
    if set(names) <= set(allowed) and len(set(names)) == len(names):
        return None
    return f"must be different {what} joined by +, out of {', '.join(allowed)}"


def _too_long(value: str, most: int) -> str | None:
    if len(value) <= most and (value.isascii() or len(value.encode()) <= most):
        return None
    return f"is longer than {most} bytes (a plain letter is one, an accented one is two)"


def _compiles(expression: str) -> bool:
    try:
        re.compile(expression)
    except (re.error, OverflowError, RecursionError):
        return False
    return True


@cache
def _timezones() -> set[str]:
    return available_timezones()
