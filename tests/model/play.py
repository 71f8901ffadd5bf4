"""Plays a history against the product, and looks after each night whether the warehouse is what it may be."""

import os
import signal
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Engine

from etl import db
from etl.connections import Connection
from etl.connectors.moodle import flow
from etl.connectors.moodle.derive import MoodleDerivation
from etl.engine import course_derivation
from etl.engine.options import Options
from etl.engine.sources import sources
from etl.sandbox.server import Sandbox
from tests.fixtures import derived
from tests.model import clock
from tests.model.events import MODULE, Day, Fault
from tests.model.rules import Result, completion, day, results
from tests.model.site import ACTIVITIES, Report, client, cmid, course_id, occurrence, user_id
from tests.model.world import Course, Learner, World, enrolment_code

_RESULTS = (
    "select enrolment_code, unit_code, status, started_on, finished_on, grade_percent from core.unit_results"
)
_COMPLETIONS = "select client_code, extract(epoch from completed_at)::bigint from core.course_completions"
_COMPLETED = "select enrolment_code, completed_on from core.enrolment_completions"
_REFUSED = """
select record_key, reason_code from ops.rejections
where resolved_at is null and resource = 'unit_result'
"""


@dataclass(frozen=True)
class Recorded:
    """What the warehouse holds: results by enrolment and unit, completions by client, what is refused of whom."""

    results: Mapping[str, Mapping[str, Result]]
    completions: Mapping[str, set[int]]
    completed: Mapping[str, Any]
    refused: Mapping[str, str]

    def of(self, course: int, learner: int) -> dict[str, Result]:
        return dict(self.results.get(enrolment_code(course, learner), {}))

    def refused_of(self, course: int, learner: int) -> dict[str, str]:
        start = f"{occurrence(course)}/{user_id(course, learner)}/"
        return {key.removeprefix(start): why for key, why in self.refused.items() if key.startswith(start)}


NOTHING = Recorded({}, {}, {}, {})


class Play:
    """One history, against a warehouse of its own."""

    def __init__(
        self, sandbox: Sandbox, engine: Engine, connection: Connection, courses: int, processes: Any
    ) -> None:
        self.sandbox, self.engine, self.connection, self.processes = sandbox, engine, connection, processes
        self.world = World(sandbox.moodle.site, engine, courses)
        self.recorded = NOTHING

    def day(self, one: Day) -> None:
        world = self.world
        world.next_day(one.later)
        for event in one.events:
            event.happen(world)
        clock.put(self.engine, world.night)
        self._night(one)
        before, self.recorded = self.recorded, read(self.engine)
        for number, course in enumerate(world.courses):
            troubled = bool(one.killed or (one.fault and one.fault.course == number))
            self._look_at(number, course, before, troubled=troubled, full=one.full)
        world.after_the_poll()

    def misses_nothing(self) -> None:
        """Deriving all that is landed of the linked courses changes nothing of what was derived by what differed."""
        self._derive(Options())  # what a run that was killed, or a poll that failed, has left
        some = derived.stands(self.engine)
        self._derive(Options(full=True))
        assert derived.differences(some, derived.stands(self.engine)) == {}

    def _derive(self, options: Options) -> None:
        [source] = sources(self.engine, "moodle")
        linked = [str(course_id(place)) for place, one in enumerate(self.world.courses) if one.linked]
        run_id = flow.open_run(self.engine, options)
        course_derivation.derive(run_id, MoodleDerivation(self.engine, source), linked, options)

    def _night(self, one: Day) -> None:
        options = Options(full=one.full)
        if one.killed:
            url = self.engine.url.render_as_string(hide_password=False)
            killed = self.processes.Process(
                target=run_until, args=(one.killed, url, self.connection, options)
            )
            killed.start()
            killed.join()
            assert killed.exitcode in (0, -signal.SIGKILL)
            return
        if one.fault:
            self._order(one.fault)
        _, status = flow.run(self.engine, lambda _: self.connection, options)
        self.sandbox.faults.clear()
        assert one.fault or status == "success"

    def _order(self, fault: Fault) -> None:
        """An activity is asked about without its course."""
        here = [("courseid", course_id(fault.course))]
        if fault.function == MODULE:
            here = [("cmid", cmid(fault.course, place)) for place in range(len(ACTIVITIES))]
        for field, value in here:
            where = {field: str(value)}
            self.sandbox.faults.add(
                "moodle", fault.kind, operation=fault.function, count=fault.count, where=where
            )

    def _look_at(self, number: int, course: Course, before: Recorded, *, troubled: bool, full: bool) -> None:
        night = self.world.night.timestamp()
        for place, learner in enumerate(course.learners):
            held, found = before.of(number, place), self.recorded.of(number, place)
            if not course.linked:  # nobody asks, nothing is decided
                assert found == held, self._told(
                    "decided on a course that is linked to nothing", number, place
                )
                continue
            if troubled:
                learner.report.may_be_asked(night)
                self._after_trouble(number, place, course, learner, held, found)
            else:
                learner.report.is_asked(night, full)
                self._results(number, place, course, learner, held, found)
            self._completion(number, place, learner, before, troubled=troubled, full=full)
        if course.linked and not troubled:
            course.passes = course.passes[-1:]

    def _results(
        self, number: int, place: int, course: Course, learner: Learner, held: dict, found: dict
    ) -> None:
        refused = self.recorded.refused_of(number, place)

        def expected(answer: Report | None) -> list[Any]:
            anew = judged_anew(answer, course.passes[-1:])
            return [results(one, course.units, learner.enrolment, held, self.world.settings) for one in anew]

        def agrees(answer: Report | None) -> bool:
            return any(same(after, found) and why == refused for after, why in expected(answer))

        told = [expected(answer) for answer in learner.report.answers]
        assert learner.report.keep(agrees), self._told("results", number, place, told, (found, refused))

    def _after_trouble(
        self, number: int, place: int, course: Course, learner: Learner, held: dict, found: dict
    ) -> None:
        """Each unit as it was, or as some answer says that may have been read before the trouble, or in spite of it."""
        possible = [
            results(report, course.units, learner.enrolment, held, self.world.settings)[0]
            for answer in learner.report.answers
            for report in judged_anew(answer, course.passes)
        ]
        for unit in {*found, *held}:
            fits = [held.get(unit), *(after.get(unit) for after in possible)]
            assert any(close(found.get(unit), one) for one in fits), self._told(
                f"{unit} after trouble", number, place, fits, found.get(unit)
            )

    def _completion(
        self, number: int, place: int, learner: Learner, before: Recorded, *, troubled: bool, full: bool
    ) -> None:
        night = self.world.night.timestamp()
        code, person = enrolment_code(number, place), client(number, place)
        taken = before.completions.get(person, set()), before.completed.get(code)
        found = self.recorded.completions.get(person, set()), self.recorded.completed.get(code)
        open_now = learner.enrolment.status == "active" and taken[1] is None
        there = learner.completed.truth is not None or self.world.site.here(number, place)
        if troubled:
            learner.completed.may_be_asked(night)
        elif open_now and there:
            learner.completed.is_asked(night, full)
        elif full:
            learner.completed.outdate()
        fits = []
        for answer in learner.completed.answers:
            moment, _ = completion(answer, learner.enrolment) if open_now else (None, None)
            fits.append(taken if moment is None else ({*taken[0], moment}, day(moment)))
        if troubled or not learner.completed.sure:
            fits.append(taken)  # older than the learner's grades
        assert found in fits, self._told("completion", number, place, fits, found)

    def _told(self, what: str, number: int, place: int, *more: object) -> str:
        learner = self.world.courses[number].learners[place]
        return "\n".join(
            [
                f"{what}: course {number}, learner {place}, night {self.world.night:%d %b}",
                f"on the site: {learner.report.truth}, completed {learner.completed.truth}",
                f"may be held: {learner.report.answers}, completed {learner.completed.answers}",
                *map(str, more),
            ]
        )


def judged_anew(report: Report | None, passes: Sequence[tuple[float, ...]]) -> Iterator[Report | None]:
    """A grade without a verdict of the site is compared with the pass grade, which is read on its own."""
    yield report
    if report is None:
        return
    for other in passes:
        yield tuple(
            grade if grade.to_pass else replace(grade, to_pass=to_pass)
            for grade, to_pass in zip(report, other, strict=True)
        )


def read(engine: Engine) -> Recorded:
    with engine.connect() as session:
        found: dict[str, dict[str, Result]] = {}
        for enrolment, unit, *fields, percent in session.exec_driver_sql(_RESULTS).all():
            found.setdefault(enrolment, {})[unit] = Result(*fields, float(percent))
        completions: dict[str, set[int]] = {}
        for person, moment in session.exec_driver_sql(_COMPLETIONS).all():
            completions.setdefault(person, set()).add(moment)
        completed = {code: day for code, day in session.exec_driver_sql(_COMPLETED)}
        refused = {key: code for key, code in session.exec_driver_sql(_REFUSED)}
    return Recorded(found, completions, completed, refused)


def same(one: Mapping[str, Result], other: Mapping[str, Result]) -> bool:
    return one.keys() == other.keys() and all(close(one[unit], other[unit]) for unit in one)


def close(one: Result | None, other: Result | None) -> bool:
    """Percentages are kept to four digits."""
    if one is None or other is None:
        return one is other
    return (
        replace(one, percent=0.0) == replace(other, percent=0.0) and abs(one.percent - other.percent) < 1e-3
    )


def run_until(point: str, url: str, connection: Connection, options: Options) -> None:
    """What the process that gets killed does."""
    os.environ["ETL_FAILPOINT"] = point
    flow.run(db.engine(url), lambda _: connection, options)
