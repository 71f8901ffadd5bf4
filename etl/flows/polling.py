"""Polling courses of a site, whatever the system: one that fails does not stop the others."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import TypeVar

import pandas as pd
from sqlalchemy import Connection as Session
from sqlalchemy import Engine

from etl import crash
from etl.errors import CapabilityMissing, EtlError, GiveUp, RejectRecord, RetryLater
from etl.extract.http import Client
from etl.flows.administration import Source
from etl.flows.night import step_of
from etl.flows.options import Options
from etl.load import landing, rejections, runs
from etl.load.landing import Answer
from etl.load.runs import Counts
from etl.transform.rejected import combined, rejected_rows


class PolledCourse:
    """What was asked about one course: ``answers`` is what to land, ``rejected`` what could not be read."""

    def __init__(self, client: Client, scope: str) -> None:
        self.scope = scope
        self.answers: list[Answer] = []
        self.rejected: list[pd.DataFrame] = []
        self._counter = client
        self._calls, self._bytes = client.calls, client.bytes

    @property
    def cost(self) -> Counts:
        """The calls and bytes of this course."""
        return Counts(calls=self._counter.calls - self._calls, bytes=self._counter.bytes - self._bytes)

    def keep(self, resource: str, key: str, body: bytes) -> None:
        """An answer that is to be landed."""
        self.answers.append(Answer(self.scope, resource, key, body))


AnyPoll = TypeVar("AnyPoll", bound=PolledCourse)


def poll_each(
    engine: Engine,
    run_id: str,
    flow: str,
    source: Source,
    polls: Iterable[AnyPoll],
    ask: Callable[[AnyPoll], None],
) -> None:
    """Poll courses and store their answers. Raises GiveUp at once (a right missing in one course is no reason),
    RetryLater at the end.
    """
    problems: list[EtlError | None] = []
    for poll in polls:
        problem = _asked(poll, ask)
        _store(engine, run_id, flow, source, poll, problem)
        if isinstance(problem, GiveUp) and not isinstance(problem, CapabilityMissing):
            raise problem
        problems.append(problem)
    later = sum(isinstance(problem, RetryLater) for problem in problems)
    if later:
        raise RetryLater(f"{later} of {len(problems)} courses of {source.source} are to be polled later")


def unpolled(
    engine: Engine, run_id: str, source: Source, courses: Sequence[str], options: Options
) -> list[str]:
    """Not those that this run polled already; for past nights only those of which nothing was landed then."""
    with engine.connect() as session:
        done = runs.finished_scopes(session, run_id, "land")
        if None not in options.nights:
            done |= {_scope(source, one) for one in _landed_before(session, source, courses, options.nights)}
    return [course for course in courses if _scope(source, course) not in done]


def found_for(
    connection: Session, source: Source, scopes: Sequence[str], night: datetime | None
) -> pd.DataFrame:
    """The landed answers of a night; a course of which nothing was landed by then counts as it is now."""
    found = landing.index(connection, source.source, scopes, night)
    if night is None:
        return found
    rest = sorted(set(scopes) - set(found["scope"]))
    return pd.concat([found, landing.index(connection, source.source, rest)], ignore_index=True)


def _asked(poll: AnyPoll, ask: Callable[[AnyPoll], None]) -> EtlError | None:
    try:
        ask(poll)
    except (GiveUp, RetryLater, RejectRecord) as problem:
        return problem
    return None


def _landed_before(
    connection: Session, source: Source, scopes: Sequence[str], nights: Iterable[datetime | None]
) -> set[str]:
    """The courses of which something was landed before each of these nights."""
    landed = [set(landing.index(connection, source.source, scopes, night)["scope"]) for night in nights]
    return set(scopes).intersection(*landed)


def _scope(source: Source, course: str) -> str:
    return f"{source.source}/{course}"


def _store(
    engine: Engine, run_id: str, flow: str, source: Source, poll: PolledCourse, problem: EtlError | None
) -> None:
    """All answers of a course or none: a poll that broke off leaves the last good one as it was."""
    crash.point("land.polled")
    rejected = combined(poll.rejected)
    if isinstance(problem, RejectRecord):
        course = pd.Series([poll.scope])
        rejected = combined([rejected, rejected_rows(course, "course", course, problem.reason_code)])
    with engine.begin() as session:
        if problem is None:
            landing.land(session, run_id, source.source, poll.answers)
            crash.point("land.stored")
        if problem is None or isinstance(problem, RejectRecord):
            # resolved by the next poll, not by a derivation
            rejections.replace(session, run_id, f"{flow}/poll", source.source, [poll.scope], rejected)
        step = step_of(_scope(source, poll.scope), poll.cost, problem)
        runs.record_steps(session, run_id, "land", [step])
    crash.point("land.committed")
