"""What the nights of all sources have in common: the run, its batches, a site that cannot be asked."""

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from itertools import accumulate, groupby
from typing import Final, TypedDict

from sqlalchemy import Engine

from etl.connections import Connection
from etl.engine.options import Options
from etl.engine.sources import Source, sources
from etl.errors import DatabaseFault, EtlError, GiveUp, InvalidInput, RejectRecord, RetryLater
from etl.load import derivations, runs
from etl.load.problems import StepName
from etl.load.runs import Counts, balanced

# Of a course that was derived before little changed; of another all is asked and derived. A batch is a task, which
# costs as much as a few hundred courses without a change.
_WORK_A_BATCH: Final = 400
_WORK_OF_A_NEW_COURSE: Final = 5
_MOST_BATCHES: Final = 1000  # Airflow maps over at most 1024

Connect = Callable[[str], Connection]
log = logging.getLogger(__name__)


class Batch(TypedDict):
    """Courses of one source that are polled and derived together; None: those of a site that is still to be asked."""

    source: str
    courses: list[str] | None


def open_run(engine: Engine, flow: str, options: Options, airflow_run_id: str | None) -> str:
    """Open the run of a night and return its id."""
    with engine.begin() as session:
        return runs.open_run(session, flow, airflow_run_id, options.parameters)


def close_run(engine: Engine, run_id: str, failed_tasks: int) -> str:
    """Close a run and return its status."""
    with engine.begin() as session:
        return runs.close_run(session, run_id, failed_tasks)


def plan_sites(
    engine: Engine,
    run_id: str,
    system: str,
    flow: str,
    options: Options,
    courses_of: Callable[[Source], list[str]],
) -> list[Batch]:
    """The courses to be polled tonight, as ``courses_of`` finds them out for each site, in batches of like work.

    A site that cannot be asked now is one batch whose courses are not known: ``land`` asks it again. So the others
    go on, and what is red for that site is what a person clears. A course that was asked for and that no site has
    to be polled for is a problem of the report; when that leaves nothing, InvalidInput is raised.
    """
    batches: list[Batch] = []
    for source in sources(engine, system):
        try:
            courses = courses_of(source)
        except (GiveUp, RetryLater, RejectRecord) as problem:
            record_problem(engine, run_id, "plan", source.source, problem)
            batches.append(Batch(source=source.source, courses=None))
            continue
        work = _work(engine, flow, source, courses, options)
        parts = batches_of(courses, _WORK_A_BATCH, work)
        batches += [Batch(source=source.source, courses=part) for part in parts]
    if all(
        batch["courses"] is not None for batch in batches
    ):  # else it may be a course of the site that is not
        _report_not_found(engine, run_id, system, options, batches)
    return batches


def _work(
    engine: Engine, flow: str, source: Source, courses: Sequence[str], options: Options
) -> Callable[[str], int]:
    """What a course is expected to cost."""
    with engine.connect() as session:
        derived = derivations.derived_inputs(session, flow, source.source, courses)
    return lambda course: 1 if course in derived and not options.full else _WORK_OF_A_NEW_COURSE


def _report_not_found(
    engine: Engine, run_id: str, system: str, options: Options, batches: Sequence[Batch]
) -> None:
    missing = in_order(options.courses.difference(*(batch["courses"] or [] for batch in batches)))
    if not missing:
        return
    named = f"course {missing[0]}" if len(missing) == 1 else f"courses {', '.join(missing)}"
    problem = InvalidInput(
        f"{named}: no {system} site has such a course that is linked to anything and can be polled;"
        " look at the number, at the links in the reference data and at mart.asked_courses"
    )
    record_problem(engine, run_id, "plan", named, problem)
    if not batches:
        raise problem


def record_problem(engine: Engine, run_id: str, step: StepName, scope: str, problem: EtlError) -> None:
    """The report names what a step could not do."""
    log.error("%s %s: %s", step, scope, problem)
    with engine.begin() as session:
        runs.record_steps(session, run_id, step, [balanced(scope, Counts(), problem)])


@contextmanager
def problem_recorded(engine: Engine, run_id: str, step: StepName, scope: str) -> Iterator[None]:
    """What goes wrong in this block is raised, and stands in the report of the run until the block succeeds."""
    try:
        yield
    except EtlError as problem:
        record_problem(engine, run_id, step, scope, problem)
        raise
    with engine.begin() as session:
        runs.mended(session, run_id, step, scope)


def raise_problems(met: Sequence[EtlError | None], what: str) -> None:
    """The task that met problems (None: one part without) is red, so that clearing the failed tasks runs it again.

    Raises RetryLater where one of them may be none later, else GiveUp; each stands in the report already.
    """
    problems = [problem for problem in met if problem is not None]
    if not problems:
        return
    words = f"{len(problems)} of {len(met)} {what}; the first: {problems[0]}"
    later = [problem for problem in problems if isinstance(problem, RetryLater)]
    if later:
        raise RetryLater(words, max((one.retry_after for one in later if one.retry_after), default=None))
    raise GiveUp(words)


def whole_run(
    engine: Engine, run_id: str, tasks: Iterable[Callable[[], object]], finish: Callable[[int], str]
) -> tuple[str, str]:
    """A whole run in this process, without Airflow: its tasks in order, of which one that fails does not stop the rest.

    Returns the run's id and status. However it ends, the run is closed.
    """
    red = 0
    with runs.alive(engine, run_id):
        for task in tasks:
            try:
                task()
            except DatabaseFault:
                raise  # without the warehouse no other can do better
            except EtlError as problem:
                log.error("%s", problem)
                red += 1
        return run_id, finish(red)


def label(source: Source, scopes: Sequence[str], night: datetime | None) -> str:
    """How the report names courses that were derived together, for tonight or a past night."""
    more = f" and {len(scopes) - 1} more" if len(scopes) > 1 else ""
    until = f" until {night:%Y-%m-%d}" if night else ""
    return f"{source.source}/{scopes[0]}{more}{until}"


def in_order(courses: Iterable[str]) -> list[str]:
    """Course ids as people count: 2 before 10."""
    return sorted(courses, key=lambda course: (len(course), course))


def batches_of(scopes: Sequence[str], size: int, work: Callable[[str], int] = lambda _: 1) -> list[list[str]]:
    """Courses, schools ... up to so much ``work`` a batch, or more where there would be too many batches."""
    done = list(accumulate(map(work, scopes)))
    size = max(size, -(-done[-1] // _MOST_BATCHES)) if done else size
    placed = zip(((until - 1) // size for until in done), scopes, strict=True)
    return [[scope for _, scope in part] for _, part in groupby(placed, key=lambda one: one[0])]
