"""What happens between two nights, in small words, so that a history that fails can be read; and how to make them."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, Protocol

from hypothesis import strategies as st

from tests.model.site import ACTIVITIES, LEARNERS
from tests.model.world import FIRST_NIGHT, UNITS, World

# Where a run can be killed; what a night passes is compared with it (test_histories).
POINTS: Final = (
    "plan.landed",
    "land.polled",
    "land.stored",
    "land.committed",
    "derive.decoded",
    "derive.done",
    "load.units",
    "load.completions",
    "load.written",
    "load.recorded",
    "load.committed",
)

MODULE: Final = "core_course_get_course_module"
_ASKED: Final = (
    "core_enrol_get_enrolled_users",
    "gradereport_user_get_grade_items",
    MODULE,
    "core_completion_get_course_completion_status",
)
_FAULTS: Final = ("dbconnectionfailed", "html", "truncated", "fatal", "server_error", "drop")


class Event(Protocol):
    """Something that happens in one course."""

    def happen(self, world: World) -> None: ...


@dataclass(frozen=True)
class Visit:
    """A learner, or (None) the teacher, has been in the course."""

    course: int
    learner: int | None

    def happen(self, world: World) -> None:
        if self.learner is None or world.site.here(self.course, self.learner):
            world.visit(self.course, self.learner)
            world.happened(self.course, to=self.learner, everybody=self.learner is None)


@dataclass(frozen=True)
class Graded:
    """By the work itself (learner), by the teacher, or by an administrator who is not enrolled."""

    course: int
    learner: int
    place: int
    share: float | None  # of the maximum
    by: str

    def happen(self, world: World) -> None:
        if not world.site.here(self.course, self.learner):
            return
        world.site.grade(self.course, self.learner, self.place, points(self.place, self.share), world.moment)
        if self.by == "learner":
            world.visit(self.course, self.learner)
        elif self.by == "teacher":
            world.visit(self.course, None)
        to = self.learner if self.by == "learner" else None
        world.happened(self.course, to=to, everybody=self.by == "teacher")


@dataclass(frozen=True)
class GradedAtTheDoor:
    """The learner was there half a minute before the poll, and is graded just after it: Moodle writes no new access."""

    course: int
    learner: int
    place: int
    share: float

    def happen(self, world: World) -> None:
        if world.site.here(self.course, self.learner):
            world.visit(self.course, self.learner, int(world.night.timestamp()) - 30)
            world.happened(self.course, to=self.learner)
            world.later.append((self.course, self.learner, self.place, points(self.place, self.share)))


@dataclass(frozen=True)
class Cron:
    """Finds that a learner has reached the course grade."""

    course: int
    learner: int

    def happen(self, world: World) -> None:
        if world.site.here(self.course, self.learner):
            world.site.cron(self.course, self.learner, world.moment)
            world.happened(self.course)


@dataclass(frozen=True)
class PassGrade:
    """A pass grade is changed by somebody who is not enrolled: it is read anew, the reports that were judged by it
    are not.
    """

    course: int
    place: int
    share: float

    def happen(self, world: World) -> None:
        world.site.set_pass(self.course, self.place, points(self.place, self.share))
        world.happened(self.course)


@dataclass(frozen=True)
class Edited:
    """A setting of the course that says nothing about results."""

    course: int

    def happen(self, world: World) -> None:
        world.site.edit(self.course)


@dataclass(frozen=True)
class ComesOrLeaves:
    """Somebody is enrolled on the site, or not any more."""

    course: int
    learner: int

    def happen(self, world: World) -> None:
        if world.site.here(self.course, self.learner):
            world.site.leave(self.course, self.learner)
            world.happened(self.course)
        else:
            world.site.come(self.course, self.learner)
            world.happened(self.course, to=self.learner)


@dataclass(frozen=True)
class Linked:
    """The course loses its idnumber, or has it again."""

    course: int

    def happen(self, world: World) -> None:
        world.link(self.course, not world.courses[self.course].linked)


@dataclass(frozen=True)
class Enrolled:
    """The administration withdraws an enrolment, or takes that back."""

    course: int
    learner: int

    def happen(self, world: World) -> None:
        before = world.courses[self.course].learners[self.learner].enrolment.status
        world.enrol(self.course, self.learner, status="active" if before == "withdrawn" else "withdrawn")


@dataclass(frozen=True)
class Starts:
    """The administration says when an enrolment starts."""

    course: int
    learner: int
    start: date | None

    def happen(self, world: World) -> None:
        world.enrol(self.course, self.learner, start=self.start)


@dataclass(frozen=True)
class Planned:
    """A unit is in the training plan, or is not."""

    course: int
    learner: int
    unit: str
    given: bool
    start: date | None

    def happen(self, world: World) -> None:
        world.plan(self.course, self.learner, self.unit, self.given, self.start)


@dataclass(frozen=True)
class Mapped:
    """An activity counts for a unit, or does not."""

    course: int
    unit: str
    place: int
    given: bool

    def happen(self, world: World) -> None:
        world.map(self.course, self.unit, self.place, self.given)


@dataclass(frozen=True)
class Set:
    """A setting of the source."""

    name: str
    value: bool

    def happen(self, world: World) -> None:
        world.set(**{self.name: self.value})


@dataclass(frozen=True)
class Fault:
    """What a site answers to a function instead, about one course."""

    course: int
    kind: str
    function: str
    count: int | None


@dataclass(frozen=True)
class Day:
    """So many days later than the one before: what happens, and the night after it.

    ``fault``: of the calls about a course; ``killed``: where the run is killed, and is not tried again that night.
    """

    later: int
    events: tuple[Event, ...]
    full: bool = False
    fault: Fault | None = None
    killed: str | None = None


def points(place: int, share: float | None) -> float | None:
    return None if share is None else round(share * ACTIVITIES[place][1], 2)


def events(courses: int) -> st.SearchStrategy[Event]:
    """What is worth playing more often comes more often."""
    course, learner = st.integers(0, courses - 1), st.integers(0, LEARNERS - 1)
    place, unit = st.integers(0, len(ACTIVITIES) - 1), st.sampled_from(sorted(UNITS))
    share = st.sampled_from([0.9, 0.6, 0.3, 1.0])
    start = st.sampled_from([None, *(FIRST_NIGHT.date() + timedelta(days=days) for days in (-20, 2, 5))])
    by = st.sampled_from(["learner", "administrator", "teacher"])
    graded = st.builds(Graded, course, learner, place, share | st.none(), by)
    passes = st.builds(PassGrade, course, place, st.sampled_from([0.5, 0.0, 0.75, 0.95]))
    return st.one_of(
        graded,
        graded,
        graded,
        st.builds(GradedAtTheDoor, course, learner, place, share),
        st.builds(Cron, course, learner),
        passes,
        st.builds(Visit, course, learner | st.none()),
        st.builds(ComesOrLeaves, course, learner),
        st.builds(Enrolled, course, learner),
        st.builds(Planned, course, learner, unit, st.booleans(), start),
        st.builds(Mapped, course, unit, place, st.booleans()),
        st.builds(Starts, course, learner, start),
        st.builds(Edited, course),
        st.builds(Linked, course),
        st.builds(Set, st.sampled_from(["record_failed", "allow_resit"]), st.booleans()),
    )


def faults(courses: int) -> st.SearchStrategy[Fault]:
    """Of each function that is asked about a course, once or for the whole night."""
    function, kind = st.sampled_from(_ASKED), st.sampled_from(_FAULTS)
    return st.builds(Fault, st.integers(0, courses - 1), kind, function, st.sampled_from([None, 1, 2]))


def histories(courses: int, days: int, trouble: bool) -> st.SearchStrategy[list[Day]]:
    """Days in a row; where there is trouble, some of their nights go wrong."""
    happening = st.lists(events(courses), min_size=1, max_size=3 + courses).map(tuple)
    later, full = st.sampled_from([1, 1, 1, 2, 8]), st.sampled_from([False, False, False, True])
    quiet = st.builds(Day, later, happening, full)
    if not trouble:
        return st.lists(quiet, min_size=1, max_size=days)
    killed = st.builds(Day, later, happening, full, st.none(), st.sampled_from(POINTS))
    failed = st.builds(Day, later, happening, full, faults(courses))
    return st.lists(st.one_of(quiet, quiet, failed, killed), min_size=1, max_size=days)
