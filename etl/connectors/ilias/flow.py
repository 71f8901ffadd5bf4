"""Completed courses of ILIAS sites, polled and reported as an integration's (docs/connectors/ilias.md).

What they register is derived by the flow of the registrations, afterwards. Each function is one task; the DAG and the
command line call the same ones. They pass ids only.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

from sqlalchemy import Engine

from etl import db
from etl.connections import Connection
from etl.connectors.ilias import derive
from etl.connectors.ilias.account import account
from etl.connectors.ilias.client import IliasClient
from etl.connectors.ilias.derive import CHANGES, FLOW, RESULTS, SYSTEM, USERS, Site
from etl.connectors.ilias.poll import SitePoll, Stage
from etl.engine import failpoint, night
from etl.engine.night import Connect
from etl.engine.options import Options
from etl.errors import EtlError, GiveUp, InvalidInput, RetryLater
from etl.load import rejections, runs
from etl.load.runs import Counts, Step, balanced


def open_run(engine: Engine, options: Options, airflow_run_id: str | None = None) -> str:
    """Open the run and return its id."""
    return night.open_run(engine, FLOW, options, airflow_run_id)


def plan(engine: Engine) -> list[str]:
    """The integrations that are polled; paused ones too, whose completions wait to be registered."""
    return [str(line["integration"]) for line in _lines(engine)]


def poll(engine: Engine, run_id: str, connect: Connect, options: Options) -> None:
    """Ask each site what changed, and report what was completed. One that cannot be asked does not stop the others.

    Past nights are derived from what was landed then. Raises RetryLater where a site may answer later, else GiveUp.
    """
    problems: list[EtlError | None] = []
    for line in _lines(engine):
        try:
            problems += _poll_site(engine, run_id, line, connect(line["connection_id"]), options)
        except (GiveUp, InvalidInput, RetryLater) as problem:
            night.record_problem(engine, run_id, "land", line["integration"], problem)
            problems.append(problem)
    night.raise_problems(problems, "sites, or parts of them, could not be read")


def again(engine: Engine, run_id: str, connect: Connect) -> None:
    """Report what was completed by what was landed until now; sites that cannot be stand in the run's problems."""
    for line in _lines(engine):
        try:
            site = _site(line, connect(line["connection_id"]))
        except (GiveUp, InvalidInput) as problem:
            night.record_problem(engine, run_id, "derive", line["integration"], problem)
        else:
            _see(engine.begin, run_id, site)
            _hand_on(engine.begin, run_id, site, None)


def finish(engine: Engine, run_id: str, failed_tasks: int = 0) -> str:
    """Close the run and return its status: ``incomplete`` when a site, or a part of it, could not be read."""
    return night.close_run(engine, run_id, failed_tasks)


def run(engine: Engine, connect: Connect, options: Options) -> tuple[str, str]:
    """The whole flow without Airflow; returns the run's id and status."""
    run_id = open_run(engine, options)

    def tasks() -> Iterator[Callable[[], None]]:
        yield partial(poll, engine, run_id, connect, options)

    return night.whole_run(engine, run_id, tasks(), partial(finish, engine, run_id))


@dataclass
class _Done:
    """What was done for a site: the counts of its calls and of its rows, and the problems of single calls."""

    asked: Counts
    derived: Counts
    problems: Mapping[str, EtlError]
    note: str | None

    def record(self, engine: Engine, run_id: str, name: str) -> None:
        """Write its steps."""
        failed = [Step(scope, Counts(), one.code, str(one)) for scope, one in self.problems.items()]
        with engine.begin() as session:
            runs.record_steps(session, run_id, "land", [Step(name, self.asked, note=self.note), *failed])
            runs.record_steps(session, run_id, "derive", [balanced(name, self.derived)])


def _lines(engine: Engine) -> list[Mapping[str, Any]]:
    with engine.connect() as session:
        return db.rows(session, "ilias/completions.integrations", system=SYSTEM)


def _site(line: Mapping[str, Any], connection: Connection) -> Site:
    return Site(line["integration"], line["timezone"], line["sends_result"], account(connection))


def _poll_site(
    engine: Engine, run_id: str, line: Mapping[str, Any], connection: Connection, options: Options
) -> list[EtlError | None]:
    """Poll and derive one site; returns the problems of single calls, None where there was none."""
    site = _site(line, connection)
    if options.dry_run:  # asks as another run does, and takes everything back
        with engine.connect() as session:
            done = _done(lambda: nullcontext(session), run_id, site, connection, options)
            rejected = rejections.met(session, run_id)
            session.rollback()
            rejections.keep_of_dry_run(session, run_id, rejected)
            session.commit()
    else:
        done = _done(engine.begin, run_id, site, connection, options)
    done.record(engine, run_id, site.integration)
    return list(done.problems.values()) or [None]


def _done(stage: Stage, run_id: str, site: Site, connection: Connection, options: Options) -> _Done:
    asked, derived, problems, note = Counts(), Counts(), {}, None
    for past in options.nights:
        if past is None:
            with IliasClient(connection) as client:
                asking = SitePoll(stage, run_id, site, client, full=options.full)
                asking.changes()
                derived += _see(stage, run_id, site)
                asking.people_and_marks()
            asked, problems = Counts(calls=client.calls, bytes=client.bytes), asking.problems
            note = asking.note
        derived += _hand_on(stage, run_id, site, past)
    return _Done(asked, derived, problems, note)


def _see(stage: Stage, run_id: str, site: Site) -> Counts:
    """What was landed is derived before anything is asked for it: what is known then says what."""
    with stage() as session:
        derive.lock(session, site)
        landed = derive.landed(session, site, None)
        seen = derive.see(session, run_id, site, landed[CHANGES], datetime.now(UTC))
        derive.learn(session, run_id, site, landed[USERS], landed[RESULTS])
        derive.advance(session, site, seen, landed)
        failpoint.point("ilias.derived")
    failpoint.point("ilias.seen")
    return seen.counts


def _hand_on(stage: Stage, run_id: str, site: Site, past: datetime | None) -> Counts:
    with stage() as session:
        derive.lock(session, site)
        landed = derive.landed(session, site, past)
        counts = Counts()
        if past is not None:
            counts = derive.see(session, run_id, site, landed[CHANGES], datetime.now(UTC)).counts
        derive.learn(session, run_id, site, landed[USERS], landed[RESULTS])
        counts += derive.hand_on(session, run_id, site)
        failpoint.point("ilias.handed_on")
    failpoint.point("ilias.committed")
    return counts
