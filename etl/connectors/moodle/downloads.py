"""Asking now, and not only in the next night: the courses of an occurrence, or one course."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection as Session

from etl import db

_ASKED: Final = ("every night", "every week", "not seen yet")
_OVER: Final = "over"


@dataclass(frozen=True)
class LinkedCourse:
    """A course that counts for something; ``asked``: how often nights ask it, as core.asked_courses, or ``not seen
    yet`` where the list of its site was not read since it was linked.
    """

    source: str
    source_course_id: str
    name: str
    asked: str


def courses(session: Session, occurrence: str | None, course: str | None) -> list[LinkedCourse]:
    """The courses that are linked to an occurrence, those of this number, or those that are both."""
    found = db.rows(session, "moodle/downloads.courses", occurrence=occurrence, course=course)
    return [LinkedCourse(**row) for row in found]


def to_ask(found: Iterable[LinkedCourse]) -> list[str]:
    """The numbers of the courses that a download asks: those that can be asked.

    Where none can, all that are not over: somebody may have published one since its site was read last.
    """
    rest = [one for one in found if one.asked != _OVER]
    can_be = [one for one in rest if one.asked in _ASKED]
    return sorted({one.source_course_id for one in can_be or rest}, key=lambda number: (len(number), number))


def parameters(numbers: Sequence[str]) -> dict[str, Any]:
    """What a run of moodle_results is asked for: all of these courses, also what nobody changed since."""
    return {"courses": list(numbers), "full": True}


def does(given: Mapping[str, Any], numbers: Iterable[str]) -> bool:
    """Does a run with these parameters download these courses? The night asks less of each, and a dry run records
    nothing.
    """
    partly = any(given.get(name) for name in ("dry_run", "from", "to"))
    return (
        not partly and bool(given.get("full")) and set(numbers) <= set(map(str, given.get("courses") or ()))
    )
