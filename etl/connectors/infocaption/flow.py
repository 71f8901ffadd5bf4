"""The night of InfoCaption: plan, land, derive passes, and give competences (docs/connectors/infocaption.md).

Each function is one task; the DAG and the command line call the same ones. They pass ids only.
"""

from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from typing import Final
from zoneinfo import ZoneInfo

import pandas as pd
from sqlalchemy import Engine

from etl import db
from etl.connectors.infocaption import derive as infocaption_derive
from etl.connectors.infocaption.client import InfoCaptionClient
from etl.connectors.infocaption.contract import decode_courses, is_empty
from etl.connectors.infocaption.landed import CHANGES, FLOW, NO_CHANGES, PARTICIPANTS, SYSTEM, landed_at
from etl.connectors.infocaption.mapping import mapping_of
from etl.engine import failpoint, night
from etl.engine.night import Batch, Connect
from etl.engine.options import Options
from etl.engine.polling import PolledCourse, poll_each, unpolled
from etl.engine.sources import Source, source_named
from etl.errors import GiveUp, RejectRecord
from etl.load import landing, rejections, runs
from etl.load.merge import merge
from etl.load.runs import Counts
from etl.results import competences
from etl.transform.poll_plan import sweep_due
from etl.transform.rejected import combined, rejected_rows

# What was reached without a connection reaches the site later; what comes later still, the weekly sweep finds.
_LATE: Final = timedelta(days=2)


def open_run(engine: Engine, options: Options, airflow_run_id: str | None = None) -> str:
    """Open a run and return its id."""
    return night.open_run(engine, FLOW, options, airflow_run_id)


def plan(engine: Engine, run_id: str, connect: Connect, options: Options) -> list[Batch]:
    """Ask each site for its courses and say which are to be polled tonight, in batches: the linked, published ones.

    A site that cannot be asked now is one batch whose courses are not known yet.
    """
    with engine.begin() as session:
        rejections.leave_sources(session, run_id, FLOW)
    return night.plan_sites(
        engine, run_id, SYSTEM, options, lambda source: _plan_source(engine, run_id, connect, source, options)
    )


def land(engine: Engine, run_id: str, batch: Batch, connect: Connect, options: Options) -> None:
    """Poll the courses of a batch and store the answers as received; one that fails does not stop the others.

    Courses that this run has polled already are not asked again. Raises GiveUp at once, RetryLater at the end.
    """
    source = source_named(engine, SYSTEM, batch["source"])
    courses = batch["courses"]
    if courses is None:
        with night.problem_recorded(engine, run_id, "plan", source.source):
            courses = _plan_source(engine, run_id, connect, source, options)
    scopes = unpolled(engine, run_id, source, courses, options)
    with InfoCaptionClient(connect(source.connection_id)) as client:
        poll_each(
            engine,
            run_id,
            FLOW,
            source,
            scopes,
            begin=lambda scope: PolledCourse(client, scope),
            ask=lambda poll: _poll(engine, source, client, poll, options),
            ask_site=client.courses,
        )


def derive(engine: Engine, run_id: str, batch: Batch, connect: Connect, options: Options) -> None:
    """Derive passes from what was landed; what did not change since is not derived again."""
    source = source_named(engine, SYSTEM, batch["source"])
    with night.problem_recorded(engine, run_id, "derive", source.source):
        listing = mapping_of(connect(source.connection_id)).participants
    courses = batch["courses"]
    if courses is None:
        with engine.connect() as session:
            courses = _asked(db.query(session, "results/competences.courses", source=source.source), options)
    infocaption_derive.derive(engine, run_id, source, courses, listing, options)


def award(engine: Engine, run_id: str, options: Options) -> None:
    """Give the competences that were earned, here and in the other systems whose courses are linked."""
    competences.award(engine, run_id, options)


def finish(engine: Engine, run_id: str, failed_tasks: int = 0) -> str:
    """Close the run and return its status: ``incomplete`` when a course or a site could not be read."""
    return night.close_run(engine, run_id, failed_tasks)


def run(engine: Engine, connect: Connect, options: Options) -> tuple[str, str]:
    """The whole night without Airflow; returns the run's id and status."""
    run_id = open_run(engine, options)

    def tasks() -> Iterator[Callable[[], None]]:
        for batch in plan(engine, run_id, connect, options):
            yield partial(land, engine, run_id, batch, connect, options)
            yield partial(derive, engine, run_id, batch, connect, options)
        yield partial(award, engine, run_id, options)

    return night.whole_run(engine, run_id, tasks(), partial(finish, engine, run_id))


def _plan_source(
    engine: Engine, run_id: str, connect: Connect, source: Source, options: Options
) -> list[str]:
    """Land the site's list of courses and return those that are linked and can be asked about."""
    with InfoCaptionClient(connect(source.connection_id)) as client:
        body = client.courses()
        cost = Counts(calls=client.calls, bytes=client.bytes)
        decoded = decode_courses(body, client.mapping.courses)
    courses = decoded.frame.rename(columns={"published": "visible"}).assign(idnumber=None)
    with engine.begin() as session:
        landing.land(session, run_id, source.source, [landing.Answer("", "courses", "", body)])
        merge(session, "core.courses", courses, "results/courses.merge", source=source.source)
        if decoded.rejected.empty:  # else one that cannot be read would be taken for one that is gone
            present = courses["source_course_id"].tolist()
            db.execute(session, "results/courses.gone", source=source.source, present=present)
        linked = db.query(session, "results/competences.courses", source=source.source)
        if courses.empty and not linked.empty:
            raise GiveUp(
                f"{source.source}: the site's list of courses is empty or unreadable, so that no linked course is"
                " there: look at the client's access and at the connection's mapping"
            )
        malformed = decoded.rejected.assign(scope="", resource="course")
        rejected = combined([malformed, _unreachable(linked)])
        rejections.replace(session, run_id, FLOW, source.source, [""], rejected)
        rejections.leave(session, run_id, FLOW, source.source, ["", *_asked(linked, Options())])
        runs.record_step(session, run_id, "plan", source.source, cost)
    failpoint.point("plan.landed")
    return _asked(linked, options)


def _asked(linked: pd.DataFrame, options: Options) -> list[str]:
    """The linked courses that can be asked about, or those of them that a person asked for."""
    scopes = set(linked.loc[linked["problem"].isna(), "scope"])
    return night.in_order(scopes & options.courses if options.courses else scopes)


def _unreachable(linked: pd.DataFrame) -> pd.DataFrame:
    """Links to courses that are gone, not published or no courses; they give nothing."""
    problems = linked[linked["problem"].notna()]
    return rejected_rows(
        pd.Series("", index=problems.index), "course", problems["scope"], problems["problem"]
    )


def _poll(
    engine: Engine, source: Source, client: InfoCaptionClient, poll: PolledCourse, options: Options
) -> None:
    """The whole list when it was never asked (a new link), a week has passed, or rows of it are open as rejected
    (they may be put right whenever they were entered); else what came since the last poll.
    """
    since = None if options.full else _since(engine, source, poll.scope)
    try:
        body = client.participants(poll.scope, since)
    except RejectRecord as problem:
        if problem.reason_code != "course_gone":
            raise
        _mark_gone(engine, source, poll)
        return
    if since is None:
        poll.keep(PARTICIPANTS, "", body)
    elif is_empty(body):
        poll.keep(NO_CHANGES, "", body)
    else:
        poll.keep(CHANGES, since, body)


def _mark_gone(engine: Engine, source: Source, poll: PolledCourse) -> None:
    """The link stays and shows it; what the course gave stays."""
    course = pd.Series([poll.scope])
    poll.rejected.append(rejected_rows(course, "course", course, "course_gone"))
    with engine.begin() as session:
        db.execute(session, "results/courses.is_gone", source=source.source, source_course_id=poll.scope)


def _since(engine: Engine, source: Source, scope: str) -> str | None:
    with engine.connect() as session:
        found = landing.index(session, source.source, [scope])
        at = db.rows(session, "load/derivations.reference_version")[0]["read_at"]
        rejected = rejections.open_of(session, FLOW, source.source, [scope])
    polled_at = landed_at(found, PARTICIPANTS, CHANGES, NO_CHANGES)
    if polled_at is None or not rejected.empty or sweep_due(landed_at(found, PARTICIPANTS), at):
        return None
    return (polled_at.astimezone(ZoneInfo(source.timezone)) - _LATE).date().isoformat()
