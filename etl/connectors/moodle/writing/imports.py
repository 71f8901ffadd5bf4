"""The content of a template, brought into a course once: each call would add all of it again."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from enum import Enum, auto
from typing import Final

from sqlalchemy import Connection as Session
from sqlalchemy import Engine

from etl import db
from etl.connectors.moodle.writing.client import MoodleWriter
from etl.connectors.moodle.writing.courses import CourseItem, CourseKind
from etl.connectors.moodle.writing.sending import Sender, SitePush
from etl.connectors.moodle.writing.targets import IMPORTS
from etl.engine import failpoint
from etl.engine.ledger import DueItem
from etl.engine.pusher import Pusher
from etl.errors import EtlError

INCOMPLETE: Final = "import_incomplete"
# A site goes on with an import after it was hung up on; what has not begun by then never will.
STILL_RUNNING: Final = timedelta(hours=1)


class Came(Enum):
    """What of a template is in the course, as the course shows it."""

    ALL = auto()
    PART = auto()
    NOTHING = auto()
    NOT_YET_KNOWN = auto()


class Imports(CourseKind):
    """Imports, and what became of one whose answer was lost."""

    target = IMPORTS

    def __init__(self, source: str, writer: MoodleWriter, engine: Engine) -> None:
        super().__init__(source, writer)
        self._engine = engine

    def send(self, row: CourseItem) -> None:
        """Notes what is there, so that it can be told afterwards what came."""
        course, template = str(row.source_course_id), str(row.import_from)
        before = sorted(self._writer.course_activities(course))
        noted = {"item_id": row.item_id, "there_before": before}
        with self._engine.begin() as session:
            db.execute(session, "moodle/course_writing.keep_there_before", **noted)
        failpoint.point("moodle.import_noted")
        self._writer.import_course(template, course)

    def arrived(self, rows: Sequence[CourseItem]) -> Mapping[int, None]:
        """Those of which all came."""
        return {row.item_id: None for row in rows if self.came(row) is Came.ALL}

    def keep(self, session: Session, row: CourseItem, done: None) -> None:
        """Nothing besides: the item says it."""

    def came(self, row: CourseItem) -> Came:
        """Looks at the course. Whether a call is still at work nobody says, so time has to pass."""
        if row.there_before is None:  # it is noted before the call, which was never made
            return Came.NOTHING
        there = self._writer.course_activities(str(row.source_course_id))
        found = Counter(module for activity, module in there.items() if activity not in row.there_before)
        if found and found >= Counter(self._writer.course_activities(str(row.import_from)).values()):
            return Came.ALL
        if row.last_attempt_at and datetime.now(UTC) - row.last_attempt_at < STILL_RUNNING:
            return Came.NOT_YET_KNOWN
        return Came.PART if found else Came.NOTHING


class ImportSender(Sender[CourseItem, None]):
    """Leaves imports that may still be running for a later run, and those that came in part for a person."""

    def __init__(self, engine: Engine, pusher: Pusher, kind: Imports, push: SitePush, run_id: str) -> None:
        super().__init__(engine, pusher, kind, push, run_id)
        self._imports = kind
        self._left: set[int] | None = None

    def due(self) -> list[DueItem]:
        """What is to be dealt with now."""
        due = super().due()
        if self._left is None:
            self._left = self._waiting([one.item_id for one in due if one.status == "unknown"])
        return [one for one in due if one.item_id not in self._left]

    def _waiting(self, unknown: Sequence[int]) -> set[int]:
        rows = self._pusher.read(lambda session: self._imports.rows(session, unknown)) if unknown else []
        try:
            came = {row.item_id: self._imports.came(row) for row in rows}
        except EtlError as problem:
            self.problem = problem
            return set(unknown)
        if parts := [item_id for item_id, what in came.items() if what is Came.PART]:
            self._pusher.reject(parts, INCOMPLETE)
        return {item_id for item_id, what in came.items() if what in (Came.PART, Came.NOT_YET_KNOWN)}
