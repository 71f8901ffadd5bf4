"""What the administration wishes for goes to Moodle: people, enrolments, withdrawals (docs/connectors/moodle.md).

``plan`` brings the ledger up to date without a call; ``push_account`` sends what is due to one site. Both read the
ledger, so they may run again, twice at once, or alone.
"""

import logging
from collections.abc import Callable, Iterator
from functools import partial
from typing import Final, TypedDict

from sqlalchemy import Connection as Session
from sqlalchemy import Engine

from etl.connectors.moodle.writing import excess, planning
from etl.connectors.moodle.writing import push as site_push
from etl.connectors.moodle.writing.push import Pushing, list_open_cases, scope
from etl.connectors.moodle.writing.settings import WritingSettings, paused, written_site, written_sites
from etl.engine import failpoint, ledger, night
from etl.engine.night import Connect
from etl.engine.options import Options
from etl.errors import EtlError
from etl.load import runs

FLOW: Final = site_push.FLOW
log = logging.getLogger(__name__)


class SiteDue(TypedDict):
    """A site to which something is due, and how much a person lets this run send, where a person said so."""

    source: str
    at_most: int | None


def open_run(engine: Engine, options: Options, airflow_run_id: str | None = None) -> str:
    """Open a run and return its id."""
    return night.open_run(engine, FLOW, options, airflow_run_id)


def is_used(session: Session) -> bool:
    """Is anything sent to any site?"""
    return bool(written_sites(session))


def plan(engine: Engine, run_id: str, connect: Connect, options: Options) -> list[SiteDue]:
    """Bring the ledger up to date and return the sites to which something is due; no call is made.

    None of a site that is paused or in test. A dry run says what would be sent, and sends nothing.
    """
    with engine.connect() as session:
        sites = written_sites(session)
    found: list[SiteDue] = []
    problems: list[EtlError | None] = []
    for site in sites:
        due = refresh(engine, run_id, site, options.dry_run)
        problem = None
        try:
            if due and not options.dry_run and may_be_sent(site, connect):
                found.append(SiteDue(source=site.source, at_most=options.at_most))
        except EtlError as met:
            problem = met
            night.record_problem(engine, run_id, "plan", site.source, met)
        problems.append(problem)
        log.info("%s: %s items are due", site.source, due)
    failpoint.point("moodle.planned")
    if not found:
        night.raise_problems(problems, "sites cannot be sent to")
    return found


def push_account(engine: Engine, run_id: str, account: SiteDue, connect: Connect) -> None:
    """Send what is due to a site of ``plan``, as it is now: it may have been paused since."""
    with engine.connect() as session:
        site = written_site(session, account["source"])
    if may_be_sent(site, connect):
        pushing = Pushing(at_most=account["at_most"])
        site_push.push(engine, run_id, site, connect(site.connection_id), pushing)


def finish(engine: Engine, run_id: str, failed_tasks: int = 0) -> str:
    """Close the run and return its status."""
    return night.close_run(engine, run_id, failed_tasks)


def run(engine: Engine, connect: Connect, options: Options) -> tuple[str, str]:
    """The whole flow without Airflow; returns the run's id and status."""
    run_id = open_run(engine, options)
    sites: list[SiteDue] = []

    def tasks() -> Iterator[Callable[[], object]]:
        yield lambda: sites.extend(plan(engine, run_id, connect, options))
        for site in sites:
            yield partial(push_account, engine, run_id, site, connect)

    return night.whole_run(engine, run_id, tasks(), partial(finish, engine, run_id))


def refresh(engine: Engine, run_id: str, site: WritingSettings, dry_run: bool = False) -> int:
    """Bring the ledger of a site up to date, and count what is due; a dry run leaves the ledger as it was."""
    with engine.begin() as session:
        trial = session.begin_nested()
        steps = [
            runs.balanced(scope(site, target), counts) for target, counts in planning.refresh(session, site)
        ]
        due = sum(len(ledger.due(session, target, site.source)) for target in site_push.TARGETS)
        if dry_run:
            trial.rollback()
        else:
            trial.commit()
            list_open_cases(session, run_id, site)
            if due <= site.at_most:
                excess.let_go(session, site)
        runs.record_steps(session, run_id, "preview" if dry_run else "plan", steps)
    return due


def may_be_sent(site: WritingSettings, connect: Connect) -> bool:
    """Is the site written to, and not paused?"""
    if site.writing == "test":
        log.info("%s: in test (moodle_writing.csv); nothing is sent", site.source)
        return False
    if paused(connect(site.connection_id)):
        log.info("%s: writing is paused (connection %s)", site.source, site.connection_id)
        return False
    return True
