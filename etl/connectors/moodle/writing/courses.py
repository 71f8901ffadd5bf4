"""Courses at a site: made once, and kept in step with their occurrence."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection as Session

from etl import db
from etl.connectors.moodle.writing.answers import NotWritten
from etl.connectors.moodle.writing.client import MoodleWriter
from etl.connectors.moodle.writing.records import NO_TIME, CourseSettings, NewCourse
from etl.connectors.moodle.writing.targets import COURSE_CHANGES, COURSES
from etl.errors import InvalidInput
from etl.load import audit
from etl.load.audit import Through


@dataclass(frozen=True)
class CourseItem:
    """A course as it is to be made, filled or changed; ``there_before``: its activities before an import."""

    item_id: int
    occurrence_code: str
    source_course_id: str | None
    import_from: str | None
    short_name: str | None
    full_name: str | None
    category_id: str | None
    startdate: int | None
    enddate: int | None
    visible: bool | None
    there_before: list[str] | None
    asked_by: str | None
    attempts: int
    last_attempt_at: datetime | None

    @property
    def settings(self) -> CourseSettings:
        """Dates and visibility."""
        return CourseSettings(self.startdate, self.enddate or NO_TIME, bool(self.visible))


class CourseKind:
    """What the kinds of courses have in common (see sending.Kind)."""

    def __init__(self, source: str, writer: MoodleWriter) -> None:
        self._source = source
        self._writer = writer

    def rows(self, session: Session, item_ids: Sequence[int]) -> list[CourseItem]:
        """Items as they are sent."""
        return [
            CourseItem(**row)
            for row in db.rows(session, "moodle/course_writing.rows", item_ids=list(item_ids))
        ]

    def item_id(self, row: CourseItem) -> int:
        """Which item a row is of."""
        return row.item_id


class NewCourses(CourseKind):
    """Makes a course with the occurrence code as its idnumber, unless there is one."""

    target = COURSES

    def send(self, row: CourseItem) -> str:
        """Returns the number of the course: of one that was there before the first attempt it is not ours to say so."""
        if found := self._named(row):
            if row.attempts > 1:
                return found
            raise NotWritten("idnumber_taken", f"course {found} has this idnumber", "found_before")
        told = (row.short_name or "", row.full_name or "", row.category_id or "")
        try:
            return self._writer.create_course(NewCourse(row.occurrence_code, *told, row.settings))
        except NotWritten as refused:
            if refused.look_again and (found := self._named(row)):
                return found
            raise

    def arrived(self, rows: Sequence[CourseItem]) -> Mapping[int, str]:
        """Those whose code is the idnumber of a course now."""
        found = {row.item_id: self._named(row) for row in rows}
        return {item_id: course for item_id, course in found.items() if course}

    def keep(self, session: Session, row: CourseItem, done: str) -> None:
        """The course is that of the occurrence, as whoever asked for it said."""
        db.execute(session, "moodle/course_writing.made", item_id=row.item_id, source_course_id=done)
        link(session, self._source, row.occurrence_code, done, row.asked_by or "")

    def _named(self, row: CourseItem) -> str | None:
        return next((course.course_id for course in self._writer.courses_named(row.occurrence_code)), None)


class CourseChanges(CourseKind):
    """Gives courses the dates and the visibility of their occurrence; one that has them is not touched."""

    target = COURSE_CHANGES

    def send(self, row: CourseItem) -> None:
        """Looks first: Moodle calls a course changed that was told what it was."""
        course = str(row.source_course_id)
        if not self._has(row):
            self._writer.update_course(course, row.settings)

    def arrived(self, rows: Sequence[CourseItem]) -> Mapping[int, None]:
        """Those that have the settings now."""
        return {row.item_id: None for row in rows if self._has(row)}

    def keep(self, session: Session, row: CourseItem, done: None) -> None:
        """Nothing besides: the item says what was confirmed."""

    def _has(self, row: CourseItem) -> bool:
        course = self._writer.course(str(row.source_course_id))
        if course is None:
            where = f"course {row.source_course_id}"
            raise NotWritten(
                "course_gone", f"{where} is gone, or hidden from the service account", "not_found"
            )
        return course.has(row.settings)


def link(
    session: Session, source: str, occurrence: str, course: str, by: str, seen: str | None = None
) -> None:
    """An occurrence has this course from now on, as a person said; who said so of another one stays on record.

    ``seen``: as ``unlink`` has it, and raises.
    """
    _check_as_seen(session, source, occurrence, seen)
    named: dict[str, Any] = {"source": source, "occurrence_code": occurrence, "source_course_id": course}
    db.execute(session, "moodle/course_writing.close_link", **named)
    db.execute(session, "moodle/course_writing.link", **named, linked_by=by)


def unlink(
    session: Session,
    source: str,
    occurrence: str,
    by: str,
    seen: str | None = None,
    through: Through = "command",
) -> str:
    """Undo a link that a person made; returns the course. What was sent to it stays there.

    ``seen``: the course by hand that whoever decides has seen, empty for none; None where it does not matter. Raises
    InvalidInput where it is another by now, or where the occurrence has none: what an idnumber or a file says is undone
    where it is said.
    """
    audit.by(session, by, through)
    _check_as_seen(session, source, occurrence, seen)
    named = {"source": source, "occurrence_code": occurrence}
    closed = db.rows(session, "moodle/course_writing.unlink", **named)
    if not closed:
        raise InvalidInput(
            f"{occurrence} is not linked by hand: an idnumber is taken away in Moodle, a line of course_links.csv there"
        )
    return str(closed[0]["source_course_id"])


def _check_as_seen(session: Session, source: str, occurrence: str, seen: str | None) -> None:
    """Until the transaction ends nobody else links the occurrence by hand."""
    db.execute(session, "load/locks.take", lock=f"course of {source} {occurrence}")
    named = {"source": source, "occurrence_code": occurrence}
    now = next(iter(db.rows(session, "moodle/course_writing.by_hand", **named)), None)
    if seen not in (None, now["source_course_id"] if now else ""):
        by_now = f"course {now['source_course_id']} by {now['linked_by']}" if now else "no course by hand"
        raise InvalidInput(f"{occurrence} was changed meanwhile, and is linked to {by_now} now")
