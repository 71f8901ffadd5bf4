"""What the nights of all sources have in common: the run, its batches, a site that cannot be asked."""

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Final, TypedDict

from sqlalchemy import Engine

from etl.connections import Connection
from etl.errors import EtlError, GiveUp, InvalidInput, RetryLater
from etl.flows.administration import Source, sources
from etl.flows.options import Options
from etl.load import runs
from etl.load.merge import Merged
from etl.load.runs import Counts, Step

_COURSES_A_BATCH: Final = 20
_MOST_BATCHES: Final = 1000  # Airflow maps over at most 1024

Connect = Callable[[str], Connection]
log = logging.getLogger(__name__)


class Batch(TypedDict):
    """Courses of one source that are polled and derived together."""

    source: str
    courses: list[str]


def open_run(engine: Engine, flow: str, options: Options, airflow_run_id: str | None) -> str:
    """Open the run of a night and return its id."""
    with engine.begin() as session:
        return runs.open_run(session, flow, airflow_run_id, options.parameters)


def plan_sites(
    engine: Engine,
    run_id: str,
    system: str,
    options: Options,
    courses_of: Callable[[Source], list[str]],
) -> list[Batch]:
    """The courses to be polled tonight, in batches, as ``courses_of`` finds them out for each site.

    A site that cannot be asked is a problem of the report; when none can, its error is raised. So is a course that
    was asked for and that no site has to be polled for; when that leaves nothing, InvalidInput is raised.
    """
    batches: list[Batch] = []
    problems: list[EtlError] = []
    known = sources(engine, system)
    for source in known:
        try:
            courses = courses_of(source)
        except (GiveUp, RetryLater) as problem:
            problems.append(problem)
            with engine.begin() as session:
                runs.record_steps(session, run_id, "plan", [step_of(source.source, Counts(), problem)])
            continue
        batches += [Batch(source=source.source, courses=part) for part in _split(courses)]
    if problems and len(problems) == len(known):
        raise problems[0]
    if not problems:  # else the course may be one of the site that cannot be asked, which is reported already
        _report_not_found(engine, run_id, system, options, batches)
    return batches


def _report_not_found(
    engine: Engine, run_id: str, system: str, options: Options, batches: Sequence[Batch]
) -> None:
    missing = in_order(options.courses.difference(*(batch["courses"] for batch in batches)))
    if not missing:
        return
    named = f"course {missing[0]}" if len(missing) == 1 else f"courses {', '.join(missing)}"
    problem = InvalidInput(
        f"{named}: no {system} site has such a course that is linked to anything and can be polled;"
        " look at the number and at the links in the reference data"
    )
    with engine.begin() as session:
        runs.record_steps(session, run_id, "plan", [step_of(named, Counts(), problem)])
    if not batches:
        raise problem


def land_and_derive(
    batches: Iterable[Batch], land: Callable[[Batch], None], derive: Callable[[Batch], None]
) -> None:
    """What was landed is derived, also when the rest could not be landed; the problem stands in the report."""
    for batch in batches:
        try:
            land(batch)
        except (GiveUp, RetryLater) as problem:
            log.error("landing: %s", problem)
        derive(batch)


def step_of(scope: str, counts: Counts, problem: EtlError | None) -> Step:
    """One step of the report, with the problem it met."""
    if problem is None:
        return Step(scope, counts)
    return Step(scope, counts, problem.code, str(problem))


def label(source: Source, scopes: Sequence[str], night: datetime | None) -> str:
    """How the report names courses that were derived together, for tonight or a past night."""
    more = f" and {len(scopes) - 1} more" if len(scopes) > 1 else ""
    until = f" until {night:%Y-%m-%d}" if night else ""
    return f"{source.source}/{scopes[0]}{more}{until}"


def counts(merged: Iterable[Merged], standing: int = 0, rejected: int = 0, ignored: int = 0) -> Counts:
    """The rows of a load: ``standing`` are those that a rule left as they are, before the merge."""
    loaded = list(merged)
    written = sum(one.written for one in loaded)
    unchanged = sum(one.unchanged for one in loaded) + standing
    read = written + unchanged + rejected + ignored
    return Counts(read=read, written=written, unchanged=unchanged, rejected=rejected, ignored=ignored)


def in_order(courses: Iterable[str]) -> list[str]:
    """Course ids as people count: 2 before 10."""
    return sorted(courses, key=lambda course: (len(course), course))


def _split(courses: Sequence[str]) -> Iterator[list[str]]:
    size = max(_COURSES_A_BATCH, -(-len(courses) // _MOST_BATCHES))
    for start in range(0, len(courses), size):
        yield list(courses[start : start + size])
