"""A site, the administration beside it, and what a warehouse that asks every night may know of them."""

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Final

from sqlalchemy import Engine

from etl.sandbox.moodle.site import MoodleSite
from tests.model.known import Known
from tests.model.rules import Enrolment, Settings, Units
from tests.model.site import (
    ACTIVITIES,
    LEARNERS,
    TEACHER,
    LittleSite,
    Report,
    client,
    cmid,
    occurrence,
    user_id,
)

SOURCE: Final = "moodle_main"
FIRST_NIGHT: Final = datetime(2026, 10, 1, 4, tzinfo=UTC)
UNITS: Final[Units] = {"U1": (0, 1), "U2": (2,), "U3": (1, 3)}
_STARTS: Final = (date(2026, 9, 1), date(2026, 10, 3), None, date(2026, 9, 1), date(2026, 9, 1))  # by learner


def enrolment_code(course: int, learner: int) -> str:
    return f"E-{user_id(course, learner)}"


def planned(learner: int) -> dict[str, date | None]:
    """The second learner's plan lacks a unit, and says of another one when it begins."""
    return {"U1": None, "U2": date(2026, 10, 4)} if learner == 1 else dict.fromkeys(UNITS)


@dataclass
class Learner:
    """A learner of a course: what is known, and the enrolment."""

    report: Known[Report | None]
    completed: Known[int | None]
    enrolment: Enrolment


@dataclass
class Course:
    learners: list[Learner]
    units: dict[str, tuple[int, ...]] = field(default_factory=lambda: dict(UNITS))
    linked: bool = True
    passes: list[tuple[float, ...]] = field(default_factory=list)  # that were in force since it was read well


class World:
    """Everything that events change. ``moment``: of the event that happens now (epoch s)."""

    def __init__(self, site: MoodleSite, engine: Engine, courses: int) -> None:
        self.site = LittleSite(site, courses)
        self.engine = engine
        self.settings = Settings()
        self.night = FIRST_NIGHT
        self.courses = [
            Course([self._learner(course, learner) for learner in range(LEARNERS)])
            for course in range(courses)
        ]
        self.later: list[tuple[int, int, int, float]] = []  # grades that are given right after tonight's poll
        self._events = 0
        self.note_passes()

    def _learner(self, course: int, learner: int) -> Learner:
        enrolment = Enrolment("active", _STARTS[learner], planned(learner))
        return Learner(Known(self.site.report(course, learner)), Known(None), enrolment)

    def next_day(self, days: int) -> None:
        self.night += timedelta(days=days)
        self._events = 0

    @property
    def moment(self) -> int:
        """Events of a day happen ten minutes apart, some hours before the night."""
        return int(self.night.timestamp()) - 12 * 3600 + 600 * self._events

    def happened(self, course: int, *, to: int | None = None, everybody: bool = False) -> None:
        """Take note of the site as it is now; a hint was given of one learner, of everybody or of nobody."""
        self._events += 1
        for learner, known in enumerate(self.courses[course].learners):
            shown = everybody or learner == to
            known.report.become(self.site.report(course, learner), shown)
            known.completed.become(self.site.completed(course, learner), shown)
        self.note_passes()

    def note_passes(self) -> None:
        for number, course in enumerate(self.courses):
            now = tuple(self.site.site.gradepass[cmid(number, place)] for place in range(len(ACTIVITIES)))
            if now not in course.passes:
                course.passes.append(now)

    def visit(self, course: int, learner: int | None, moment: int | None = None) -> None:
        """A learner, or the teacher, has been in the course."""
        user = TEACHER if learner is None else user_id(course, learner)
        self.site.visit(course, user, moment or self.moment)

    def after_the_poll(self) -> None:
        """What is graded within the minute in which Moodle does not write an access again."""
        for course, learner, place, points in self.later:
            if self.site.here(course, learner):
                self.site.grade(course, learner, place, points, int(self.night.timestamp()) + 25)
                self.happened(course, to=learner)
        self.later = []

    # The administration: as an import leaves its tables.

    def enrol(self, course: int, learner: int, **changed: object) -> None:
        known = self.courses[course].learners[learner]
        known.enrolment = replace(known.enrolment, **changed)
        self._write(
            "update core.enrolments set status = %s, start_date = %s where enrolment_code = %s",
            (known.enrolment.status, known.enrolment.start, enrolment_code(course, learner)),
        )

    def plan(self, course: int, learner: int, unit: str, given: bool, start: date | None) -> None:
        known = self.courses[course].learners[learner]
        others = {one: begins for one, begins in known.enrolment.plan.items() if one != unit}
        known.enrolment = replace(known.enrolment, plan=others | ({unit: start} if given else {}))
        self._write(
            "insert into core.enrolment_units (enrolment_code, unit_code, expected_start_date, closed_at)"
            " values (%s, %s, %s, case when %s then null else now() end)"
            " on conflict (enrolment_code, unit_code) do update"
            " set expected_start_date = excluded.expected_start_date, closed_at = excluded.closed_at",
            (enrolment_code(course, learner), unit, start, given),
        )

    def map(self, course: int, unit: str, place: int, given: bool) -> None:
        here = self.courses[course]
        places = set(here.units.get(unit, ())) - {place} | ({place} if given else set())
        here.units = {one: found for one, found in here.units.items() if one != unit}
        if places:
            here.units[unit] = tuple(sorted(places))
        self._write(
            "insert into core.activity_links (occurrence_code, unit_code, source, activity_id, closed_at)"
            " values (%s, %s, %s, %s, case when %s then null else now() end)"
            " on conflict (occurrence_code, unit_code, source, activity_id) do update"
            " set closed_at = excluded.closed_at",
            (occurrence(course), unit, SOURCE, str(cmid(course, place)), given),
        )

    def set(self, **changed: bool) -> None:
        self.settings = replace(self.settings, **changed)
        self._write(
            "update core.sources set record_failed = %s, allow_resit = %s where source = %s",
            (self.settings.record_failed, self.settings.allow_resit, SOURCE),
        )

    def link(self, course: int, really: bool) -> None:
        self.courses[course].linked = really
        self.site.link(course, really)

    def _write(self, statement: str, values: tuple[object, ...]) -> None:
        with self.engine.begin() as session:
            session.exec_driver_sql(statement, values)


def fill(engine: Engine, courses: int) -> None:
    """The administration of a new world."""
    learners = [(course, learner) for course in range(courses) for learner in range(LEARNERS)]
    rows: dict[str, list[tuple[object, ...]]] = {
        "sources (source, system, connection_id, timezone, use_enrolment_start)": [
            (SOURCE, "moodle", SOURCE, "Europe/Amsterdam", True)
        ],
        "clients (client_code)": [(client(*one),) for one in learners],
        "occurrences (occurrence_code, name, status)": [
            (occurrence(course), "A course", "active") for course in range(courses)
        ],
        "units (unit_code, kind, name)": [(unit, "unit", unit) for unit in UNITS],
        "enrolments (enrolment_code, client_code, occurrence_code, status, start_date)": [
            (enrolment_code(*one), client(*one), occurrence(one[0]), "active", _STARTS[one[1]])
            for one in learners
        ],
        "enrolment_units (enrolment_code, unit_code, expected_start_date)": [
            (enrolment_code(*one), unit, start) for one in learners for unit, start in planned(one[1]).items()
        ],
        "activity_links (occurrence_code, unit_code, source, activity_id)": [
            (occurrence(course), unit, SOURCE, str(cmid(course, place)))
            for course in range(courses)
            for unit, places in UNITS.items()
            for place in places
        ],
    }
    with engine.begin() as session:
        for table, values in rows.items():
            marks = ", ".join(["%s"] * len(values[0]))
            session.exec_driver_sql(f"insert into core.{table} values ({marks})", values)
