"""The night of Moodle: plan, land, derive and load unit results and course completions (spec/moodle.md).

Each function is one task; the DAG and the command line call the same ones. They pass ids only.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from typing import Final, TypedDict

import pandas as pd
from sqlalchemy import Connection as Session
from sqlalchemy import Engine

from etl import crash, db
from etl.connections import Connection
from etl.errors import EtlError, GiveUp, RejectRecord, RetryLater
from etl.extract import moodle_contract as contract
from etl.extract.moodle import MoodleClient
from etl.flows import moodle_derive
from etl.flows.administration import Administration, Source, source_named, sources
from etl.flows.moodle_landed import FLOW, SYSTEM, landed_before, newest, read_courses
from etl.flows.moodle_poll import CoursePoll, before_poll
from etl.flows.options import Options
from etl.load import landing, rejections, runs
from etl.load.merge import merge
from etl.load.runs import Counts
from etl.transform.rejected import combined, rejected_rows

LANDED: Final = f"{FLOW}/poll"  # rejections of polling are resolved by the next poll, not by a derivation
_COURSES_A_BATCH: Final = 20
_MOST_BATCHES: Final = 1000  # Airflow maps over at most 1024

Connect = Callable[[str], Connection]
log = logging.getLogger(__name__)


class Batch(TypedDict):
    """Courses of one source that are polled and derived together."""

    source: str
    courses: list[str]


def open_night(engine: Engine, options: Options, airflow_run_id: str | None = None) -> str:
    """Open the run of a night and return its id."""
    with engine.begin() as session:
        return runs.open_run(session, FLOW, airflow_run_id, options.parameters)


def plan(engine: Engine, run_id: str, connect: Connect, options: Options) -> list[Batch]:
    """Ask each site for its courses and say which are to be polled tonight, in batches.

    A site that cannot be asked is a problem of the report; when none can, its error is raised.
    """
    batches: list[Batch] = []
    problems: list[EtlError] = []
    known = sources(engine, SYSTEM)
    for source in known:
        try:
            courses = _plan_source(engine, run_id, connect, source, options)
        except (GiveUp, RetryLater) as problem:
            problems.append(problem)
            _record(engine, run_id, "plan", source.source, Counts(), problem)
            continue
        batches += [Batch(source=source.source, courses=part) for part in _split(courses)]
    if problems and len(problems) == len(known):
        raise problems[0]
    return batches


def land(engine: Engine, run_id: str, batch: Batch, connect: Connect, options: Options) -> None:
    """Poll the courses of a batch and store the answers as received; one that fails does not stop the others.

    Courses that this run has polled already are not asked again. Raises GiveUp at once, RetryLater at the end.
    """
    source = source_named(engine, SYSTEM, batch["source"])
    scopes = _to_poll(engine, run_id, source, batch["courses"], options)
    administration = Administration(engine, source, scopes)
    later: list[RetryLater] = []
    with MoodleClient(connect(source.connection_id)) as client:
        for scope in scopes:
            poll = CoursePoll(client, scope, administration)
            try:
                _poll(engine, source, poll, scope, options)
            except GiveUp as problem:
                _store(engine, run_id, source, poll, problem)
                raise
            except (RetryLater, RejectRecord) as problem:
                _store(engine, run_id, source, poll, problem)
                if isinstance(problem, RetryLater):
                    later.append(problem)
            else:
                _store(engine, run_id, source, poll, None)
    if later:
        raise RetryLater(f"{len(later)} of {len(scopes)} courses of {source.source} are to be polled later")


def derive(engine: Engine, run_id: str, batch: Batch, options: Options) -> None:
    """Derive results from what was landed and load them; what did not change since is not derived again."""
    source = source_named(engine, SYSTEM, batch["source"])
    moodle_derive.derive(engine, run_id, source, batch["courses"], options)


def finish(engine: Engine, run_id: str, failed_tasks: int = 0) -> str:
    """Close the run and return its status: ``incomplete`` when a course or a site could not be read."""
    with engine.begin() as session:
        return runs.close_run(session, run_id, failed_tasks)


def run(engine: Engine, connect: Connect, options: Options) -> tuple[str, str]:
    """The whole night without Airflow; returns the run's id and status."""
    run_id = open_night(engine, options)
    for batch in plan(engine, run_id, connect, options):
        try:
            land(engine, run_id, batch, connect, options)
        except (GiveUp, RetryLater) as problem:
            log.error(
                "landing: %s", problem
            )  # it stands in the report; what was landed is derived all the same
        derive(engine, run_id, batch, options)
    return run_id, finish(engine, run_id)


def _plan_source(
    engine: Engine, run_id: str, connect: Connect, source: Source, options: Options
) -> list[str]:
    """Land the site's list of courses and return those that count for something."""
    with MoodleClient(connect(source.connection_id)) as client:
        body = client.courses()
        cost = Counts(calls=client.calls, bytes=client.bytes)
    decoded = contract.decode_courses(body)
    columns = ["source_course_id", "name", "idnumber", "visible"]
    with engine.begin() as session:
        landing.land(session, run_id, source.source, [landing.Answer("", "courses", "", body)])
        merge(session, "core.courses", decoded.frame[columns], "courses_merge", source=source.source)
        present = decoded.frame["source_course_id"].tolist()
        db.execute(session, "load/courses_gone", source=source.source, present=present)
        wanted = db.query(session, "load/course_occurrences", source=source.source)
        rejected = combined([_malformed(decoded.rejected), *_unreachable(session, source, wanted)])
        rejections.replace(session, run_id, FLOW, source.source, [""], rejected)
        runs.record_step(session, run_id, "plan", source.source, cost)
    crash.point("plan.landed")
    asked = wanted[~wanted["gone"] & (options.full | (wanted["status"] != "finished"))]
    scopes = set(asked["scope"])
    if options.courses:
        scopes &= options.courses
    return sorted(scopes, key=lambda scope: (len(scope), scope))


def _unreachable(session: Session, source: Source, wanted: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """Links to courses that are gone, and mapped occurrences to which no course is linked."""
    gone = wanted.loc[wanted["gone"], "scope"].drop_duplicates()
    yield rejected_rows(pd.Series("", index=gone.index), "course", gone, "course_gone")
    linked = wanted["occurrence_code"].dropna().tolist()
    found = db.rows(session, "load/occurrences_unlinked", source=source.source, linked=linked)
    unlinked = pd.Series([row["occurrence_code"] for row in found], dtype="str")
    yield rejected_rows(pd.Series("", index=unlinked.index), "occurrence", unlinked, "course_not_linked")


def _malformed(rejected: pd.DataFrame) -> pd.DataFrame:
    return rejected.assign(scope="", resource="course") if not rejected.empty else combined([])


def _split(courses: Sequence[str]) -> Iterator[list[str]]:
    size = max(_COURSES_A_BATCH, -(-len(courses) // _MOST_BATCHES))
    for start in range(0, len(courses), size):
        yield list(courses[start : start + size])


def _to_poll(engine: Engine, run_id: str, source: Source, courses: list[str], options: Options) -> list[str]:
    """Not those that this run polled already; for past nights only those of which nothing was landed then."""
    with engine.connect() as session:
        done = runs.finished_scopes(session, run_id, "land")
        if None not in options.nights:
            done |= {
                _scope(source, scope) for scope in landed_before(session, source, courses, options.nights)
            }
    return [scope for scope in courses if _scope(source, scope) not in done]


def _scope(source: Source, course: str) -> str:
    return f"{source.source}/{course}"


def _poll(engine: Engine, source: Source, poll: CoursePoll, scope: str, options: Options) -> None:
    users = poll.ask_users()
    with engine.connect() as session:
        before, at = before_poll(session, source, scope)
        if before.quiet(users, at) and not options.full:
            return
        held = next(read_courses(session, newest(before.landed)), None)
    poll.ask_changes(users, before, held, at, options.full)


def _store(engine: Engine, run_id: str, source: Source, poll: CoursePoll, problem: EtlError | None) -> None:
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
            rejections.replace(session, run_id, LANDED, source.source, [poll.scope], rejected)
        _record_in(session, run_id, "land", _scope(source, poll.scope), poll.cost, problem)
    crash.point("land.committed")


def _record(
    engine: Engine, run_id: str, step: str, scope: str, counts: Counts, problem: EtlError | None
) -> None:
    with engine.begin() as session:
        _record_in(session, run_id, step, scope, counts, problem)


def _record_in(
    session: Session, run_id: str, step: str, scope: str, counts: Counts, problem: EtlError | None
) -> None:
    code = None if problem is None else problem.code
    runs.record_step(session, run_id, step, scope, counts, code, None if problem is None else str(problem))
