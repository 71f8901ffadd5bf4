"""Trainings, their e-learning parts and who asked for them, from Coachview into the reference data.

The lists are read (etl.connectors.coachview.reading), then what they state goes in beside what people entered
(etl.reference.stating). See docs/connectors/coachview.md, Reading.
"""

import logging
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Final

import pandas as pd
from sqlalchemy import Connection as Session
from sqlalchemy import Engine

from etl import db
from etl.connectors.coachview import reading, stated
from etl.connectors.coachview.account import CONNECTION, CoachviewAccount, account
from etl.connectors.coachview.budget import RESERVE, Budget, BudgetSpent
from etl.connectors.coachview.client import CoachviewClient
from etl.connectors.coachview.entities import ENTITIES, Entity, with_names
from etl.connectors.coachview.reasons import REASONS
from etl.db.turns import Turns
from etl.engine import failpoint, night
from etl.engine.absent import connection_if_used
from etl.engine.night import Connect
from etl.engine.options import Options
from etl.engine.stating import Refused, Stated, stating
from etl.errors import EtlError
from etl.load import derivations, rejections, runs
from etl.load.problems import StepName
from etl.load.runs import Counts, Step, balanced
from etl.transform.reasons import reason
from etl.words import counted

FLOW: Final = "coachview_requests"
_SYSTEM: Final = "coachview"
_ALL: Final = "reference data"
log = logging.getLogger(__name__)


def open_run(engine: Engine, options: Options, airflow_run_id: str | None = None) -> str:
    """Open a run and return its id."""
    return night.open_run(engine, FLOW, options, airflow_run_id)


def plan(engine: Engine, run_id: str, connect: Connect) -> list[str]:
    """The lists that are read: none where nobody switched it on."""
    return [entity.name for entity in ENTITIES] if _agreed(engine, run_id, connect) else []


def read(engine: Engine, run_id: str, connect: Connect, options: Options) -> None:
    """Read what changed in each list since the last run. One that cannot be read stops no other.

    Where the requests of the day are used up it stops, says so, and the next run goes on there. A dry run asks how
    much changed, and keeps nothing.
    """
    lists = plan(engine, run_id, connect)
    if not lists:
        return
    connection = connect(CONNECTION)
    agreed = account(connection)
    problems: list[EtlError | None] = []
    with engine.begin() as session:
        db.execute(session, "coachview/budget.forget")
    budget = Budget(engine, run_id, reserve=RESERVE)
    with CoachviewClient(connection, lists, budget, Turns(engine, connection.site(), 1)) as client:
        for entity in ENTITIES:
            met = _read_list(engine, run_id, client, _fields(agreed, entity), options)
            if isinstance(met, BudgetSpent):
                return
            problems.append(met)
    night.raise_problems(problems, "lists of Coachview could not be read")


def derive(engine: Engine, run_id: str, connect: Connect, options: Options) -> None:
    """Bring what Coachview states into the reference data; what cannot be taken is listed, row by row.

    A file is left alone before each list that says something of it was looked at as a whole once, and nothing is done
    where nothing changed.
    """
    if not plan(engine, run_id, connect):
        return
    agreed = account(connect(CONNECTION))
    with engine.begin() as session:
        missing = reading.unread(session)
        inputs = _inputs(session, agreed)
        known = derivations.derived_inputs(session, FLOW, CONNECTION, [_ALL]).get(_ALL)
    if missing:
        words = f"what needs {', '.join(missing)} is not taken over before all of it was read"
        _note(engine, run_id, "derive", _ALL, words)
    if inputs != known or options.full:
        _state(engine, run_id, agreed, options)


def finish(engine: Engine, run_id: str, failed_tasks: int = 0) -> str:
    """Close the run and return its status."""
    return night.close_run(engine, run_id, failed_tasks)


def run(engine: Engine, connect: Connect, options: Options) -> tuple[str, str]:
    """The whole flow without Airflow; returns the run's id and status."""
    run_id = open_run(engine, options)

    def tasks() -> Iterator[Callable[[], None]]:
        yield partial(read, engine, run_id, connect, options)
        yield partial(derive, engine, run_id, connect, options)

    return night.whole_run(engine, run_id, tasks(), partial(finish, engine, run_id))


def _agreed(engine: Engine, run_id: str, connect: Connect) -> bool:
    """Whether a connection says that requests are read; where it does not, the report says why nothing is."""
    with night.problem_recorded(engine, run_id, "plan", CONNECTION):
        connection = connection_if_used(connect, CONNECTION, partial(reading.ever_read, engine))
        agreed = account(connection) if connection else None
    if agreed and agreed.read:
        return True
    why = "Read requests of the connection is off" if agreed else "there is no connection"
    _note(engine, run_id, "plan", CONNECTION, f"nothing is read ({why})")
    return False


def _fields(agreed: CoachviewAccount, entity: Entity) -> Entity:
    return with_names(entity) if agreed.persons_are_clients else entity


def _read_list(
    engine: Engine, run_id: str, client: CoachviewClient, entity: Entity, options: Options
) -> EtlError | None:
    """Read one list and count its calls; returns what kept it from being read, which the report says."""
    before = Counts(calls=client.calls, bytes=client.bytes)
    note: str | None = None
    met: EtlError | None = None
    try:
        if options.dry_run:
            note = _would_read(engine, client, entity)
        else:
            listed = reading.ListReading(engine, entity, full=options.full)
            log.info("%s: %s rows are new or changed", entity.name, listed.run(client))
            note = listed.note
    except BudgetSpent as spent:
        met, note = spent, f"{spent}; the next run goes on from where it is"
        log.info("%s: %s", entity.name, note)
    except EtlError as problem:
        met = problem
    counts = Counts(calls=client.calls - before.calls, bytes=client.bytes - before.bytes)
    step = balanced(entity.name, counts, None if note else met)
    with engine.begin() as session:
        runs.record_steps(session, run_id, "land", [replace(step, note=note)])
    return met


def _would_read(engine: Engine, client: CoachviewClient, entity: Entity) -> str:
    since = reading.until(engine, entity.name) or reading.FIRST_DAY
    where = reading.changes_between(since, reading.tomorrow())
    return f"{counted(client.page(entity.name, take=1, where=where).count, 'row')} changed since {since}"


def _inputs(session: Session, agreed: CoachviewAccount) -> str:
    return derivations.digest([stated.version(session, agreed), derivations.reference_version(session)])


def _state(engine: Engine, run_id: str, agreed: CoachviewAccount, options: Options) -> None:
    with engine.begin() as session:
        trial = session.begin_nested()
        done = stating()(session, _SYSTEM, stated.stated(session, agreed), stated.without_environment)
        _list(session, run_id, done)
        failpoint.point("coachview.stated")
        if options.dry_run:
            rejected = rejections.met(session, run_id)
            trial.rollback()
            rejections.keep_of_dry_run(session, run_id, rejected)
        else:
            trial.commit()
            derivations.remember(session, run_id, FLOW, CONNECTION, {_ALL: _inputs(session, agreed)})
        runs.record_steps(session, run_id, "derive", [_counted(name, one) for name, one in done.items()])
    failpoint.point("coachview.taken")
    for name, one in done.items():
        log.info("%s: %s rows, %s written, %s closed", name, one.read, one.written, one.closed)


def _counted(name: str, done: Stated) -> Step:
    step = balanced(name, Counts(done.read, done.written, done.unchanged, len(done.refused)))
    notes = [
        *done.doubts,
        *([counted(done.closed, "row is closed", "rows are closed")] if done.closed else []),
    ]
    return replace(step, note="; ".join(notes) or None)


def _list(session: Session, run_id: str, done: dict[str, Stated]) -> None:
    for name, one in done.items():
        rows = [(name, name, refused.key, *_why(refused)) for refused in one.refused]
        rejected = pd.DataFrame(rows, columns=rejections.COLUMNS, dtype="str")
        rejections.replace(session, run_id, FLOW, _SYSTEM, [name], rejected)


def _why(refused: Refused) -> tuple[str, str]:
    if refused.by_hand:
        return "entered_by_hand", reason("entered_by_hand", REASONS)
    if refused.reason in REASONS:
        return refused.reason, reason(refused.reason, REASONS)
    return "row_not_taken", f"{reason('row_not_taken', REASONS)} {refused.reason}"


def _note(engine: Engine, run_id: str, step: StepName, scope: str, note: str) -> None:
    log.info("%s: %s", scope, note)
    with engine.begin() as session:
        runs.record_steps(session, run_id, step, [Step(scope, note=note)])
