"""Accreditation points to PE-Online: bring the ledger up to date, then push each profession group.

The order is ``open_run``, ``plan``, ``push`` for each group that plan returns, ``finish``. Every step reads the
ledger (docs/connectors/pe_online.md, The ledger), so it may run again, twice at once, or alone.
"""

import logging
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Final

from sqlalchemy import Connection as Session
from sqlalchemy import Engine

from etl import db, places
from etl.connections import Connection
from etl.connectors.pe_online import pauses, payload, points
from etl.connectors.pe_online.account import PeAccount, account
from etl.connectors.pe_online.client import PeClient
from etl.connectors.pe_online.faults import NOTHING_TO_DO
from etl.connectors.pe_online.payload import Attendance
from etl.connectors.pe_online.points import POINTS
from etl.connectors.pe_online.sender import AccountRefused, PeSender, batches
from etl.engine import failpoint, night
from etl.engine.ledger import IfUnknown
from etl.engine.options import Options
from etl.engine.pusher import Pusher, exclusive
from etl.errors import EtlError, GiveUp, RetryLater
from etl.load import rejections, runs
from etl.load.problems import StepName
from etl.load.runs import Counts
from etl.words import counted

FLOW: Final = "pe_online_attendance"
_SYSTEM: Final = "pe_online"  # the rejections' source: PE-Online, whichever account writes
_REFUSAL_HOLDS: Final = 60  # seconds in which a run does not ask again for an account that was refused

Connect = Callable[[str], Connection]
log = logging.getLogger(__name__)


def open_run(engine: Engine, options: Options, airflow_run_id: str | None = None) -> str:
    """Open a run and return its id."""
    return night.open_run(engine, FLOW, options, airflow_run_id)


def plan(engine: Engine, run_id: str, connect: Connect, options: Options) -> list[int]:
    """Bring the ledger up to date and return the profession groups (orgID) that have rows to send now.

    One whose account is not usable is among them, so that the others go on and its push is what is red. A dry run
    writes previews instead, and returns none.
    """
    pushes: list[int] = []
    if options.dry_run:
        dry_run(engine, run_id, connect)
        return pushes
    for org_id, connection_id in _groups(engine):
        try:
            pe_account = _account(engine, connect(connection_id))
        except EtlError as problem:
            _record(engine, run_id, "plan", org_id, Counts(), problem)
            pushes.append(org_id)
            continue
        due = _refresh(engine, run_id, org_id, pe_account)
        if pe_account.paused:
            log.info("orgID %s: the account %s is paused; %s rows wait", org_id, connection_id, due)
        elif due:
            pushes.append(org_id)
    failpoint.point("push.planned")
    return pushes


def again(engine: Engine, run_id: str, connect: Connect) -> None:
    """Bring the ledger up to date, and send nothing."""
    plan(engine, run_id, connect, Options())


def push_account(engine: Engine, run_id: str, org_id: int, connect: Connect) -> Counts:
    """Push a profession group with the account that it has now; it may have been changed since the plan."""
    with engine.connect() as session:
        [group] = db.rows(session, "pe_online/groups.connection", org_id=org_id)
    return push(engine, run_id, org_id, connect(group["connection_id"]))


def push(engine: Engine, run_id: str, org_id: int, connection: Connection) -> Counts:
    """Send what is due for one profession group; a second pusher at the same time leaves it to the first.

    Ledger and report are complete before an error is raised: RetryLater when the next push will do better,
    GiveUp when a person has to act.
    """
    pe_account = _account(engine, connection)
    if _could_not_be_planned(engine, run_id, org_id):
        _refresh(engine, run_id, org_id, pe_account)
    with exclusive(engine, POINTS, str(org_id)) as pusher:
        if pusher is None:
            return _leave(engine, run_id, org_id, "another push is running")
        if pe_account.paused:
            return _leave(engine, run_id, org_id, "the account is paused")
        if _just_refused(engine, run_id, pe_account.conn_id):
            _leave(engine, run_id, org_id, "the account was refused a moment ago")
            raise RetryLater(f"PE-Online (connection {pe_account.conn_id}): account refused", _REFUSAL_HOLDS)
        counts, problem = _send(pusher, pe_account, org_id, run_id)
    _record(engine, run_id, "push", org_id, counts, problem)
    if not isinstance(problem, AccountRefused):
        with engine.begin() as session:
            runs.mended(session, run_id, "account", pe_account.conn_id)
    log.info("orgID %s: %s", org_id, counts)
    if problem:
        raise problem
    return counts


def preview(engine: Engine, org_id: int, connection: Connection) -> str:
    """The documents that a push would send now, without the key; writes nothing, sends nothing.

    They hold relation numbers: for the person who asked, not for a log.
    """
    pe_account = _account(engine, connection)
    return _documents(pe_account, org_id, _would_offer(engine, org_id, pe_account))


def dry_run(engine: Engine, run_id: str, connect: Connect) -> list[Path]:
    """Write the preview of each profession group to a file that only its owner can read; the log says where.

    Raises GiveUp at the end when an account is not usable; the previews of the others are written.
    """
    folder = places.private_folder(places.state_dir() / "preview")
    written: list[Path] = []
    problems: list[EtlError | None] = []
    for org_id, connection_id in _groups(engine):
        try:
            written.append(_write_preview(engine, run_id, org_id, connect(connection_id), folder))
            problems.append(None)
        except EtlError as problem:
            problems.append(problem)
            night.record_problem(engine, run_id, "preview", str(org_id), problem)
    night.raise_problems(problems, "accounts are not usable")
    return written


def finish(engine: Engine, run_id: str, failed_tasks: int = 0) -> str:
    """Close the run and return its status: ``incomplete`` when an account or a push met a problem."""
    return night.close_run(engine, run_id, failed_tasks)


def run(engine: Engine, connect: Connect, options: Options) -> tuple[str, str]:
    """The whole flow without Airflow; returns the run's id and status."""
    run_id = open_run(engine, options)

    pushes: list[int] = []

    def tasks() -> Iterator[Callable[[], object]]:
        yield lambda: pushes.extend(plan(engine, run_id, connect, options))
        for org_id in pushes:
            yield partial(push_account, engine, run_id, org_id, connect)

    return night.whole_run(engine, run_id, tasks(), partial(finish, engine, run_id))


def _account(engine: Engine, connection: Connection) -> PeAccount:
    """The account of a connection, paused also where a person paused it."""
    found = account(connection)
    with engine.connect() as session:
        return pauses.with_pause(session, found)


def _groups(engine: Engine) -> Iterator[tuple[int, str]]:
    with engine.connect() as session:
        found = db.rows(session, "pe_online/groups.active", nothing_to_do=list(NOTHING_TO_DO))
    yield from ((group["org_id"], group["connection_id"]) for group in found)


def _refresh(engine: Engine, run_id: str, org_id: int, pe_account: PeAccount) -> int:
    """How many rows are to be sent after the ledger was brought up to date."""
    with engine.begin() as session:
        counts = points.refresh(session, org_id, pe_account)
        runs.record_steps(session, run_id, "plan", [runs.balanced(str(org_id), counts)])
        _list_open_cases(session, run_id, org_id)
        return len(points.due(session, org_id))


def _could_not_be_planned(engine: Engine, run_id: str, org_id: int) -> bool:
    """Was the account not usable when the ledger was to be brought up to date in this run?"""
    with engine.connect() as session:
        return runs.not_done(session, run_id, "plan", str(org_id))


def _send(pusher: Pusher, pe_account: PeAccount, org_id: int, run_id: str) -> tuple[Counts, EtlError | None]:
    """Settle what a dead pusher left, send what is due, and say what is left open."""
    abandoned = pusher.recover()
    due = pusher.due()
    with PeClient(pe_account) as client:
        sender = PeSender(pusher, client, pe_account, org_id, run_id)
        sender.send(due)
    lost = [one.if_unknown for one in due if sender.states[one.item_id] == "unknown"]
    counts = pusher.pushed(due, sender.calls)
    return counts, sender.problem or _open_outcomes(org_id, lost, abandoned, sender.causes)


def _leave(engine: Engine, run_id: str, org_id: int, why: str) -> Counts:
    with engine.begin() as session:
        waiting = len(points.due(session, org_id))
        counts = Counts(waiting, ignored=waiting)
        runs.record_step(session, run_id, "push", str(org_id), counts)
    log.info("orgID %s: %s; %s rows left alone", org_id, why, waiting)
    return counts


def _just_refused(engine: Engine, run_id: str, connection_id: str) -> bool:
    """An account that was refused for one profession group is not asked for the next one at once."""
    asked = {"run_id": run_id, "connection_id": connection_id, "seconds": _REFUSAL_HOLDS}
    with engine.connect() as session:
        return bool(db.rows(session, "pe_online/groups.account_refused", **asked))


def _open_outcomes(
    org_id: int, lost: list[IfUnknown], abandoned: list[IfUnknown], causes: Counter[str]
) -> EtlError | None:
    """Lost answers, by how they are settled: most by the next push, some only by a person."""
    why = (
        ", ".join(f"{cause} ({counted(rows, 'row')})" for cause, rows in causes.most_common(3))
        or "the push before was killed"
    )
    undecided = [one for one in (*lost, *abandoned) if one == "person"]
    if undecided:
        rows = counted(len(undecided), "classroom row has", "classroom rows have")
        return GiveUp(
            f"PE-Online, orgID {org_id}: {rows} an unknown outcome: {why}; decide with: etl pe settle"
        )
    if lost:
        rows = counted(len(lost), "row has", "rows have")
        return RetryLater(
            f"PE-Online, orgID {org_id}: {rows} an unknown outcome: {why}; the next push settles that"
        )
    return None


def _record(
    engine: Engine, run_id: str, step: StepName, org_id: int, counts: Counts, problem: EtlError | None
) -> None:
    with engine.begin() as session:
        _list_open_cases(session, run_id, org_id)
        if isinstance(problem, AccountRefused):
            # One line for the account, however many profession groups it serves: one alert.
            refused = runs.balanced(problem.connection_id, Counts(), problem)
            runs.record_steps(session, run_id, "account", [refused])
            problem = None
        runs.record_steps(session, run_id, step, [runs.balanced(str(org_id), counts, problem)])


def _list_open_cases(session: Session, run_id: str, org_id: int) -> None:
    cases = points.open_cases(session, org_id)
    rejections.replace(session, run_id, FLOW, _SYSTEM, [str(org_id)], cases, anew=False)


def _would_offer(engine: Engine, org_id: int, pe_account: PeAccount) -> list[list[Attendance]]:
    with engine.connect() as session:
        points.refresh(session, org_id, pe_account)
        due = points.due(session, org_id)
        calls = batches(due, points.persons(session, due), pe_account.batch_limit)
        offered = [points.rows(session, call) for call in calls]
        session.rollback()
    return offered


def _documents(pe_account: PeAccount, org_id: int, calls: list[list[Attendance]]) -> str:
    return "".join(payload.entry(pe_account, org_id, rows, with_key=False) for rows in calls)


def _write_preview(engine: Engine, run_id: str, org_id: int, connection: Connection, folder: Path) -> Path:
    pe_account = _account(engine, connection)
    calls = _would_offer(engine, org_id, pe_account)
    path = folder / f"{FLOW}_{org_id}.xml"
    path.touch(mode=0o600)
    path.write_text(_documents(pe_account, org_id, calls), encoding="utf-8")
    rows = sum(map(len, calls))
    with engine.begin() as session:
        runs.record_step(session, run_id, "preview", str(org_id), Counts(rows, written=rows))
    log.info("orgID %s: %s rows would be sent, see %s", org_id, rows, path)
    return path
