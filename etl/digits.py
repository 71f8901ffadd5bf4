"""Numbers that a person or a spreadsheet wrote as text: plain digits are one, anything else is named, not converted.

``2.041`` is not user 2 and ``1e3`` is not user 1000 (docs/reference-files.md, Values). A reason never repeats
the value.
"""

import re
import unicodedata
from typing import Final

BIGINT: Final = 2**63 - 1  # what Moodle and the warehouse hold in an id
INTEGER: Final = 2**31 - 1  # what PE-Online holds in one

_NUMBER: Final = re.compile(r"0|[1-9][0-9]{0,18}")
_SEEN: Final = (
    (re.compile(r"[0-9]+"), "it begins with a zero"),
    (re.compile(r"'[0-9]+"), "it begins with an apostrophe, with which a spreadsheet marks text"),
    (re.compile(r"[+-][0-9]+"), "it has a sign"),
    (re.compile(r"[+-]?[0-9]+([.,][0-9]+)?[eE][+-]?[0-9]+"), "a spreadsheet wrote it in powers of ten"),
    (
        re.compile(r"[+-]?[0-9]+([.,'_ ][0-9]+)+"),
        "it has a point, a comma or another mark between its digits",
    ),
)


def fault(value: str, most: int = BIGINT) -> str | None:
    """Why ``value`` is not a whole number up to ``most`` in plain digits, or None."""
    if _NUMBER.fullmatch(value):
        return None if int(value) <= most else f"must be a whole number of at most {most}"
    if re.fullmatch(r"[1-9][0-9]{19,}", value):
        return f"must be a whole number of at most {most}"
    seen = hidden(value) or next((seen for form, seen in _SEEN if form.fullmatch(value)), "")
    if not seen and any(unicodedata.decimal(sign, None) is not None and not sign.isascii() for sign in value):
        seen = "it has digits of another script"
    reason = "must be a whole number without leading zeros"
    return f"{reason}: {seen}" if seen else reason


def id_fault(value: str) -> str | None:
    """Why ``value`` is not an id, or None: plain digits, or a name where a system gives its courses names."""
    if not _is_a_name(value):
        return fault(value)
    whole = value.isprintable() and not set(value) & {" ", "/"}
    return None if whole else "an id has no blanks, slashes and control characters"


def _is_a_name(value: str) -> bool:
    try:
        float(value.replace(",", "."))  # reads 1e3, 1_000 and inf too
    except ValueError:
        return any(sign.isalpha() for sign in value)
    return False


def hidden(value: str) -> str | None:
    """The blanks around a value and the characters in it that nobody sees, by their numbers in Unicode."""
    unseen = next((sign for sign in value if not sign.isprintable()), None)
    if unseen is not None:
        return f"it holds a character that does not show (U+{ord(unseen):04X})"
    return "it has a blank around it" if value != value.strip() else None
