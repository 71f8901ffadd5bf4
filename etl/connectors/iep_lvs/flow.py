"""Pupils' test results: poll the drop locations, derive what is in the inbox, load it (docs/connectors/iep_lvs.md).

The receiver fills the inbox at any time; this flow reads it. Each function is one task; the DAG and the
command line call the same ones. They pass ids only.
"""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Final

import pandas as pd
from sqlalchemy import Engine

from etl import db, settings
from etl.connectors.iep_lvs.derive import FLOW, derive_batch, parts, read_batch
from etl.connectors.iep_lvs.drop import Polled, poll
from etl.connectors.iep_lvs.intake import SYSTEM
from etl.connectors.iep_lvs.location import Location
from etl.connectors.iep_lvs.reasons import REASONS
from etl.engine import failpoint, inbox, night
from etl.engine.night import Connect
from etl.engine.options import Options
from etl.engine.sources import Source, sources
from etl.errors import EtlError, GiveUp, InvalidInput, RejectRecord, RetryLater
from etl.load import rejections, runs
from etl.load.runs import Counts, balanced
from etl.transform.rejected import combined, rejected_rows

POLLED: Final = f"{FLOW}/drop"  # rejections of polling are resolved by the next poll, not by a derivation
_SCHOOLS_A_BATCH: Final = 50

log = logging.getLogger(__name__)


def open_run(engine: Engine, options: Options, airflow_run_id: str | None = None) -> str:
    """Open the run of a night and return its id."""
    return night.open_run(engine, FLOW, options, airflow_run_id)


def poll_drops(engine: Engine, run_id: str, connect: Connect, options: Options) -> None:
    """Take new files of every drop location into the inbox; a site without one has no source of this system.

    Past nights are derived from what came in then. When a location could not be read, the others are read, and
    then RetryLater is raised where it may be readable later, else GiveUp.
    """
    if None not in options.nights or options.dry_run:
        return
    problems: list[EtlError | None] = []
    for source in sources(engine, SYSTEM):
        try:
            polled = poll(engine, source.source, Location(connect(source.connection_id)))
        except (GiveUp, InvalidInput, RetryLater) as problem:
            night.record_problem(engine, run_id, "drop", source.source, problem)
            problems.append(problem)
        else:
            _record_poll(engine, run_id, source, polled)
            problems.append(polled.problem)
    night.raise_problems(problems, "drop locations could not be read")


def plan(engine: Engine, run_id: str, options: Options) -> list[list[str]]:
    """The schools (BRIN6) that have messages to derive, in batches."""
    schools = sorted({row["brin6"] for row in _waiting(engine, run_id, options, None)})
    return night.batches_of(schools, _SCHOOLS_A_BATCH)


def derive(engine: Engine, run_id: str, options: Options) -> None:
    """Derive and load every message that waits, some schools at a time, and forget bodies that are past retention.

    Raises GiveUp at the end when a message could not be read: its school stands in the report.
    """
    problems: list[EtlError | None] = []
    for schools in plan(engine, run_id, options):
        problems += derive_schools(engine, run_id, schools, options)
    if not options.dry_run:
        forget_bodies(engine)
    night.raise_problems(problems, "schools have a message that could not be read")


def derive_schools(
    engine: Engine, run_id: str, schools: Sequence[str], options: Options
) -> list[EtlError | None]:
    """Derive and load the messages of schools, oldest first, a few thousand results in one transaction.

    Returns the problem of each school (None: it has none), which is a message that could not be read.
    """
    done = dict.fromkeys(schools, Counts())
    problems: dict[str, RejectRecord] = {}
    for rows in parts(_waiting(engine, run_id, options, list(schools))):
        with engine.connect() as session:
            batch, unreadable = read_batch(session, rows)
            counts = derive_batch(session, run_id, batch)
            if options.dry_run:
                rejected = rejections.met(session, run_id)
                session.rollback()
                rejections.keep_of_dry_run(session, run_id, rejected)
            session.commit()
        failpoint.point("iep.committed")
        problems |= unreadable
        done |= {brin6: done[brin6] + count for brin6, count in counts.items()}
    with engine.begin() as session:
        steps = [balanced(brin6, done[brin6], problems.get(brin6)) for brin6 in schools]
        runs.record_steps(session, run_id, "derive", steps)
    return [problems.get(brin6) for brin6 in schools]


def forget_bodies(engine: Engine) -> None:
    """Delete the bodies of messages whose retention has ended; what was derived from them stays."""
    days = settings.INBOX_RETENTION_DAYS.get()
    with engine.begin() as session:
        forgotten = inbox.forget_bodies(session, SYSTEM, FLOW, days)
    log.info("retention: %s bodies deleted", forgotten)


def finish(engine: Engine, run_id: str, failed_tasks: int = 0) -> str:
    """Close the run and return its status: ``incomplete`` when a location or a message could not be read."""
    return night.close_run(engine, run_id, failed_tasks)


def run(engine: Engine, connect: Connect, options: Options) -> tuple[str, str]:
    """The whole flow without Airflow; returns the run's id and status."""
    run_id = open_run(engine, options)

    def tasks() -> Iterator[Callable[[], None]]:
        yield partial(poll_drops, engine, run_id, connect, options)
        yield partial(derive, engine, run_id, options)

    return night.whole_run(engine, run_id, tasks(), partial(finish, engine, run_id))


def _waiting(
    engine: Engine, run_id: str, options: Options, schools: list[str] | None
) -> list[Mapping[str, Any]]:
    found: dict[int, Mapping[str, Any]] = {}
    wanted = {"flow": FLOW, "run_id": run_id, "schools": schools, "full": options.full}
    with engine.connect() as session:
        for night in options.nights:
            for row in db.rows(session, "iep_lvs/derivation.messages", until=night, **wanted):
                found[row["message_id"]] = row
    return sorted(found.values(), key=lambda row: (row["created_at"], row["message_id"]))


def _record_poll(engine: Engine, run_id: str, source: Source, polled: Polled) -> None:
    reasons = {"file_set_aside": polled.set_aside, "file_waits": polled.waiting + polled.unmoved}
    reasons["file_not_read"] = [(name, REASONS["file_not_read"]) for name in polled.others]
    listed = combined([_files(code, names) for code, names in reasons.items()])
    counts = Counts(
        read=polled.listed, written=polled.taken, unchanged=polled.known, ignored=polled.left, bytes=polled.size,
        rejected=len(listed) - len(polled.unmoved),
    )  # fmt: skip
    with engine.begin() as session:
        rejections.replace(session, run_id, POLLED, source.source, [""], listed, anew=False)
        runs.record_steps(session, run_id, "drop", [balanced(source.source, counts, polled.problem)])


def _files(code: str, names: list[tuple[str, str]]) -> pd.DataFrame:
    files = pd.DataFrame(names, columns=["name", "reason"], dtype="str")
    rejected = rejected_rows(pd.Series("", index=files.index), "file", files["name"], code, own=REASONS)
    return rejected.assign(reason=files["reason"])
