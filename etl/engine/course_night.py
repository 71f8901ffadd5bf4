"""A night of a system whose results come course by course: plan, land, derive, finish.

Each of them is one task; the DAGs and the command line call the same ones. They pass ids only.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar, Final, Generic, TypeVar

import pandas as pd
from sqlalchemy import Connection as Session
from sqlalchemy import Engine

from etl import db
from etl.connections import Connection
from etl.engine import course_derivation, failpoint, night
from etl.engine.course_derivation import Derivation
from etl.engine.decoding import Decoded
from etl.engine.night import Batch, Connect
from etl.engine.options import Options
from etl.engine.polling import Polling, poll_each, unpolled
from etl.engine.sources import Source, source_named, sources
from etl.errors import EtlError, GiveUp, RetryLater
from etl.http.client import Client
from etl.load import landing, rejections, runs
from etl.load.merge import put
from etl.load.runs import Counts
from etl.transform.rejected import combined

LIST: Final = "courses"  # the resource of a site's list of courses, landed in no course
_SHOWN: Final = ["source_course_id", "name", "idnumber", "visible", "can_be_asked"]


AnyClient = TypeVar("AnyClient", bound=Client)


@dataclass(frozen=True)
class Wanted:
    """The courses of a source that count for something; ``rows``: as the system's own statement has them.

    ``there``: those that can be asked about. ``due``: those of them to be asked about tonight, unless all are.
    ``late``: those of them that are over, and only looked at for what still comes in.
    """

    rows: pd.DataFrame
    there: frozenset[str]
    due: frozenset[str]
    late: frozenset[str] = frozenset()


class CourseNight(ABC, Generic[AnyClient]):
    """The tasks of a night, and what a system gives to it."""

    system: ClassVar[str]
    flow: ClassVar[str]

    @classmethod
    def late(cls) -> str:
        """Under which flow it is listed what is wrong with courses that are over."""
        return f"{cls.flow}/late"

    @abstractmethod
    def client(self, engine: Engine, connection: Connection) -> AnyClient:
        """A client of one site."""

    @abstractmethod
    def courses(self, client: AnyClient) -> bytes:
        """The answer that is the site's list of courses."""

    @abstractmethod
    def listed(self, client: AnyClient, source: Source, body: bytes) -> Decoded:
        """The site's list of courses: source_course_id, name, idnumber (missing = not shown), visible, can_be_asked.

        Raises GiveUp where a list is so that nothing can be done with it.
        """

    @abstractmethod
    def wanted(self, session: Session, source: Source) -> Wanted:
        """The courses that count for something, as they are known."""

    @abstractmethod
    def unreachable(
        self, session: Session, source: Source, shown: pd.DataFrame, wanted: Wanted
    ) -> list[pd.DataFrame]:
        """What is linked and not to be had, as rejected rows; ``shown``: the site's list as ``listed`` gives it.

        Raises GiveUp where nothing that is linked is there, which no site means.
        """

    @abstractmethod
    def polling(
        self, engine: Engine, source: Source, client: AnyClient, scopes: list[str], options: Options
    ) -> Polling[Any]:
        """How these courses are asked about."""

    @abstractmethod
    def derivation(self, engine: Engine, run_id: str, source: Source, connect: Connect) -> Derivation[Any]:
        """How what was landed becomes what is recorded."""

    def afterwards(self, engine: Engine, run_id: str, options: Options) -> Iterable[Callable[[], None]]:
        """Tasks that wait for all courses."""
        return ()

    def open_run(self, engine: Engine, options: Options, airflow_run_id: str | None = None) -> str:
        """Open a run and return its id."""
        return night.open_run(engine, self.flow, options, airflow_run_id)

    def plan(self, engine: Engine, run_id: str, connect: Connect, options: Options) -> list[Batch]:
        """Ask each site for its courses and say which are to be polled tonight, in batches.

        A site that cannot be asked now is one batch whose courses are not known yet.
        """
        with engine.begin() as session:
            for flow in (self.flow, self.late()):
                rejections.leave_sources(session, run_id, flow)
        return night.plan_sites(
            engine,
            run_id,
            self.system,
            self.flow,
            options,
            lambda source: self._plan_source(engine, run_id, connect, source, options),
        )

    def land(self, engine: Engine, run_id: str, batch: Batch, connect: Connect, options: Options) -> None:
        """Poll the courses of a batch and store the answers as received; one that fails does not stop the others.

        Courses that this run has polled already are not asked again. Raises GiveUp at once, RetryLater at the end.
        """
        source = source_named(engine, self.system, batch["source"])
        courses = batch["courses"]
        if courses is None:
            with night.problem_recorded(engine, run_id, "plan", source.source):
                courses = self._plan_source(engine, run_id, connect, source, options)
        scopes = unpolled(engine, run_id, source, courses, options)
        with self.client(engine, connect(source.connection_id)) as client:
            polling = self.polling(engine, source, client, scopes, options)
            poll_each(engine, run_id, self.flow, source, scopes, polling)

    def derive(self, engine: Engine, run_id: str, batch: Batch, connect: Connect, options: Options) -> None:
        """Derive what was landed and record it; what did not change since is not derived again."""
        source = source_named(engine, self.system, batch["source"])
        derivation = self.derivation(engine, run_id, source, connect)
        courses = batch["courses"]
        if courses is None:  # nothing landed, nothing derived
            with engine.connect() as session:
                courses = _asked(self.wanted(session, source).there, options)
        course_derivation.derive(run_id, derivation, courses, options)

    def again(self, engine: Engine, run_id: str, connect: Connect) -> None:
        """Derive what was landed of all courses that count now, as a night would to which no site says anything new.

        Raises GiveUp or RetryLater at the end, where one of the sources could not be derived.
        """
        problems: list[EtlError | None] = []
        for source in sources(engine, self.system):
            with engine.begin() as session:
                db.execute(session, "results/courses.links_found", source=source.source)
            try:
                batch = Batch(source=source.source, courses=None)
                self.derive(engine, run_id, batch, connect, Options())
                problems.append(None)
            except (GiveUp, RetryLater) as problem:
                problems.append(problem)
        for task in self.afterwards(engine, run_id, Options()):
            task()
        night.raise_problems(problems, f"sources of {self.system} could not be derived")

    def finish(self, engine: Engine, run_id: str, failed_tasks: int = 0) -> str:
        """Close the run and return its status: ``incomplete`` when a course or a site could not be read."""
        return night.close_run(engine, run_id, failed_tasks)

    def run(self, engine: Engine, connect: Connect, options: Options) -> tuple[str, str]:
        """The whole night without Airflow; returns the run's id and status."""
        run_id = self.open_run(engine, options)

        def tasks() -> Iterator[Callable[[], None]]:
            for batch in self.plan(engine, run_id, connect, options):
                yield partial(self.land, engine, run_id, batch, connect, options)
                yield partial(self.derive, engine, run_id, batch, connect, options)
            yield from self.afterwards(engine, run_id, options)

        return night.whole_run(engine, run_id, tasks(), partial(self.finish, engine, run_id))

    def _plan_source(
        self, engine: Engine, run_id: str, connect: Connect, source: Source, options: Options
    ) -> list[str]:
        """Land the site's list of courses and return those that are to be asked about."""
        with self.client(engine, connect(source.connection_id)) as client:
            body = self.courses(client)
            cost = Counts(calls=client.calls, bytes=client.bytes)
            listed = self.listed(client, source, body)
        with engine.begin() as session:
            landing.land(session, run_id, source.source, [landing.Answer("", LIST, "", body)])
            _keep(session, source, listed)
            wanted = self.wanted(session, source)
            self._list_problems(session, run_id, source, listed, wanted)
            runs.record_step(session, run_id, "plan", source.source, cost)
        failpoint.point("plan.landed")
        return _asked(wanted.there if options.full else wanted.due, options)

    def _list_problems(
        self, session: Session, run_id: str, source: Source, listed: Decoded, wanted: Wanted
    ) -> None:
        """What is wrong with the list is listed; what is open of courses that are gone, cancelled or linked to nothing
        is nobody's business any more.
        """
        malformed = listed.rejected.assign(scope="", resource="course")
        rejected = combined([malformed, *self.unreachable(session, source, listed.frame, wanted)])
        rejections.replace(session, run_id, self.flow, source.source, [""], rejected, anew=False)
        rejections.leave(session, run_id, self.flow, source.source, ["", *(wanted.there - wanted.late)])
        rejections.leave(session, run_id, self.late(), source.source, wanted.late)


def _keep(session: Session, source: Source, listed: Decoded) -> None:
    """The courses as the site shows them now, and which occurrences they belong to, or belonged to once."""
    put(session, "core.courses", listed.frame[_SHOWN], "results/courses.merge", source=source.source)
    if listed.rejected.empty:  # else one that cannot be read would be taken for one that is gone
        present = listed.frame["source_course_id"].tolist()
        db.execute(session, "results/courses.gone", source=source.source, present=present)
    db.execute(session, "results/courses.links_found", source=source.source)


def _asked(courses: Iterable[str], options: Options) -> list[str]:
    """Those courses, or of them the ones that a person asked for."""
    return night.in_order(options.courses.intersection(courses) if options.courses else courses)
