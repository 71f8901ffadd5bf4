"""The Dutch texts of PE-Online: which numbers stand in them, and what of them may be shown."""

import re
from collections.abc import Sequence
from typing import Final

from etl.connectors.pe_online.payload import Attendance

DUTCH_DATE: Final = re.compile(r"\b(\d{1,2})-(\d{1,2})-(\d{4})\b")
_LINE: Final = re.compile(r"\bregel\s+\d+", re.IGNORECASE)
# A number that follows one of these words is not a person's, however much it looks like one.
_COURSE_NUMBER: Final = re.compile(
    r"\b(cursus|module|uitvoering|editie|bijeenkomst|organisatie)\s+\S+", re.IGNORECASE
)
_PERSON_NUMBER: Final = re.compile(r"\b(professional|persoon|person|personne)\s+\S*\d\S*", re.IGNORECASE)
_LONG_NUMBER: Final = re.compile(r"(?<![\w-])\d{5,}(?![\w-])")  # may be a person's in another spelling


def mentions_person(text: str, number: str) -> bool:
    """Does the relation number stand in the text, other than as a course, a row or a date?"""
    return _mentions(_COURSE_NUMBER.sub(" ", unnumbered(text)), number)


def mentions_course(text: str, course: str) -> bool:
    """Does the course stand in the text, other than as a person?"""
    return _mentions(_PERSON_NUMBER.sub(" ", unnumbered(text)), course)


def unnumbered(text: str) -> str:
    """The text without the numbers that differ from row to row of one fault: line and day."""
    return _LINE.sub("regel", DUTCH_DATE.sub(" ", text))


def masked(text: str, rows: Sequence[Attendance]) -> str:
    """The text with no relation number in it, neither of these rows nor in another spelling."""
    ids = {value for row in rows for value in row.ids}
    text = _PERSON_NUMBER.sub(r"\1 ***", text)
    for row in rows:
        text = _whole(row.relation_number).sub("***", text)
    return _LONG_NUMBER.sub(lambda found: found[0] if found[0] in ids else "***", text)


def without_ids(text: str, row: Attendance) -> str:
    """The text without what the row names: a provider's own code may hold words that faults are known by."""
    for value in row.ids:
        text = _whole(value).sub("#", text)
    return text


def _mentions(text: str, number: str) -> bool:
    return bool(number) and bool(_whole(number).search(text))


def _whole(number: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w-]){re.escape(number)}(?![\w-])")
