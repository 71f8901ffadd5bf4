"""Registrations: what completed courses do for training requests (docs/connectors/coachview.md).

Completions are sent to the receivers, or polled, at any time; this flow reads what came in. Each function is one
task; the DAG and the command line call the same ones. They pass ids only.
"""

import logging
from collections.abc import Callable, Iterator
from functools import partial
from typing import Final

from sqlalchemy import Engine

from etl.engine import failpoint, night
from etl.engine.night import Connect
from etl.engine.options import Options
from etl.engine.webhooks import housekeeping
from etl.errors import EtlError, InvalidInput
from etl.load import rejections, runs
from etl.load.runs import balanced
from etl.results import registrations

FLOW: Final = "coachview_results"
log = logging.getLogger(__name__)


def open_run(engine: Engine, options: Options, airflow_run_id: str | None = None) -> str:
    """Open the run and return its id."""
    return night.open_run(engine, FLOW, options, airflow_run_id)


def plan(engine: Engine) -> list[str]:
    """The integrations whose completions are registered."""
    with engine.connect() as session:
        return registrations.integrations(session)


def derive(engine: Engine, run_id: str, options: Options) -> None:
    """Register what waits, integration by integration; one that cannot be does not stop the others.

    Raises GiveUp at the end where there was one: it stands in the report.
    """
    problems = _register_all(engine, run_id, options)
    if not options.dry_run:
        _look_after_messages(engine, run_id)
    night.raise_problems(problems, "integrations could not be registered")


def again(engine: Engine, run_id: str, _: Connect) -> None:
    """Register what waits; what could not be stands in the run's problems."""
    _register_all(engine, run_id, Options())


def finish(engine: Engine, run_id: str, failed_tasks: int = 0) -> str:
    """Close the run and return its status: ``incomplete`` when an integration could not be registered."""
    return night.close_run(engine, run_id, failed_tasks)


def run(engine: Engine, connect: Connect, options: Options) -> tuple[str, str]:
    """The whole flow without Airflow; returns the run's id and status."""
    run_id = open_run(engine, options)

    def tasks() -> Iterator[Callable[[], None]]:
        yield partial(derive, engine, run_id, options)

    return night.whole_run(engine, run_id, tasks(), partial(finish, engine, run_id))


def _register_all(engine: Engine, run_id: str, options: Options) -> list[EtlError | None]:
    problems: list[EtlError | None] = []
    for integration in plan(engine):
        try:
            _register(engine, run_id, integration, options)
        except InvalidInput as problem:
            night.record_problem(engine, run_id, "derive", integration, problem)
            problems.append(problem)
        else:
            problems.append(None)
    return problems


def _look_after_messages(engine: Engine, run_id: str) -> None:
    """List the messages that cannot be used, and forget those that were kept long enough."""
    with engine.begin() as session:
        housekeeping.list_unusable(session, run_id, FLOW)
        forgotten = housekeeping.forget(session)
    log.info("retention: %s bodies deleted", forgotten)


def _register(engine: Engine, run_id: str, integration: str, options: Options) -> None:
    with engine.begin() as session:
        trial = session.begin_nested()
        counts = registrations.register(session, run_id, FLOW, integration, options.nights, full=options.full)
        if options.dry_run:
            rejected = rejections.met(session, run_id)
            trial.rollback()
            rejections.keep_of_dry_run(session, run_id, rejected)
        else:
            trial.commit()
        runs.record_steps(session, run_id, "derive", [balanced(integration, counts)])
        failpoint.point("registrations.recorded")
    failpoint.point("registrations.committed")
