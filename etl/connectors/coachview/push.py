"""Results to Coachview: bring the ledger up to date, settle what is unknown by reading back, send what is due.

Every step reads the ledger (docs/connectors/coachview.md, Push), so it may run again, twice at once, or alone. Off
until the connection says that it is on.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Final

from sqlalchemy import Connection as Session
from sqlalchemy import Engine

from etl.connections import Connection
from etl.connectors.coachview import results
from etl.connectors.coachview.account import CONNECTION, CoachviewAccount, account
from etl.connectors.coachview.budget import Budget, BudgetSpent
from etl.connectors.coachview.client import CoachviewClient
from etl.connectors.coachview.entities import DONE
from etl.connectors.coachview.messages import message
from etl.connectors.coachview.poster import CoachviewPoster
from etl.connectors.coachview.results import RESULTS
from etl.db.turns import Turns
from etl.engine import failpoint, ledger, night
from etl.engine.absent import connection_if_used
from etl.engine.ledger import OUTCOME_UNKNOWN, DueItem
from etl.engine.night import Connect
from etl.engine.options import Options
from etl.engine.outcomes import Outcome
from etl.engine.pusher import Pusher, exclusive
from etl.errors import AnswerLost, EtlError, GiveUp, RetryLater
from etl.load import rejections, runs
from etl.load.runs import Counts
from etl.transform.reasons import reason
from etl.words import counted

FLOW: Final = "coachview_push"
_SILENT_CALLS: Final = 3  # in a row without a usable answer, after which Coachview is left alone
log = logging.getLogger(__name__)


def open_run(engine: Engine, options: Options, airflow_run_id: str | None = None) -> str:
    """Open a run and return its id."""
    return night.open_run(engine, FLOW, options, airflow_run_id)


def plan(engine: Engine, run_id: str, connect: Connect, options: Options) -> list[str]:
    """Bring the ledger up to date and return the connections to push by: none where the push is off, or nothing is due.

    It is off while there never was a connection, too. A dry run says how many results would be sent, and sends none.
    """
    with night.problem_recorded(engine, run_id, "plan", CONNECTION):
        connection = connection_if_used(connect, CONNECTION, partial(_ever_planned, engine))
        agreed = account(connection) if connection else None
    if agreed is None or not agreed.push:
        _say_off(
            engine, run_id, "Send results of the connection is off" if agreed else "there is no connection"
        )
        return []
    with engine.begin() as session:
        trial = session.begin_nested()
        counts = results.refresh(session, CONNECTION)
        due = len(results.due(session, CONNECTION))
        if options.dry_run:
            trial.rollback()
        else:
            trial.commit()
            _list_open_cases(session, run_id)
        runs.record_steps(session, run_id, "plan", [runs.balanced(CONNECTION, counts)])
    log.info("%s results are due", due)
    failpoint.point("coachview.planned")
    return [CONNECTION] if due and not options.dry_run else []


def again(engine: Engine, run_id: str, connect: Connect) -> None:
    """Bring the ledger up to date, and send nothing."""
    plan(engine, run_id, connect, Options())


def push_account(engine: Engine, run_id: str, connection_id: str, connect: Connect) -> Counts:
    """Push by a connection of ``plan``, as it is now: it may have been changed since."""
    return push(engine, run_id, connect(connection_id))


def push(engine: Engine, run_id: str, connection: Connection) -> Counts:
    """Settle what is unknown and send what is due; a second pusher at the same time leaves it to the first.

    Ledger and report are complete before an error is raised: RetryLater when the next push will do better, GiveUp when
    a person has to act.
    """
    agreed = account(connection)
    with exclusive(engine, RESULTS, CONNECTION) as pusher:
        if pusher is None or not agreed.push:
            return Counts()
        pusher.recover()
        due = pusher.due()
        settled = _read_back(
            engine, pusher, connection, [one for one in due if one.status == "unknown"], run_id
        )
        sent, calls = _send(pusher, agreed, [one for one in due if one.status != "unknown"], run_id)
        counts = pusher.pushed(due, calls)
    waits = isinstance(settled, BudgetSpent)
    problem = sent or (None if waits else settled)
    step = runs.balanced(CONNECTION, counts, problem)
    if waits:
        step = replace(
            step, note=f"{settled}: what became of unknown results is read back by a run after that"
        )
    with engine.begin() as session:
        _list_open_cases(session, run_id)
        runs.record_steps(session, run_id, "push", [step])
    if problem:
        raise problem
    return counts


def finish(engine: Engine, run_id: str, failed_tasks: int = 0) -> str:
    """Close the run and return its status."""
    return night.close_run(engine, run_id, failed_tasks)


def run(engine: Engine, connect: Connect, options: Options) -> tuple[str, str]:
    """The whole flow without Airflow; returns the run's id and status."""
    run_id = open_run(engine, options)

    pushes: list[str] = []

    def tasks() -> Iterator[Callable[[], object]]:
        yield lambda: pushes.extend(plan(engine, run_id, connect, options))
        for connection_id in pushes:
            yield partial(push_account, engine, run_id, connection_id, connect)

    return night.whole_run(engine, run_id, tasks(), partial(finish, engine, run_id))


def _ever_planned(engine: Engine) -> bool:
    with engine.connect() as session:
        return ledger.ever_planned(session, RESULTS, CONNECTION)


def _say_off(engine: Engine, run_id: str, why: str) -> None:
    note = f"the push is off ({why}): nothing is planned or sent"
    log.info("connection %s: %s", CONNECTION, note)
    with engine.begin() as session:
        runs.record_steps(session, run_id, "plan", [runs.Step(CONNECTION, note=note)])


def _read_back(
    engine: Engine, pusher: Pusher, connection: Connection, unknown: Sequence[DueItem], run_id: str
) -> EtlError | None:
    """Settle what Coachview shows as finished. What it does not show is never sent again by itself: a person looks."""
    if not unknown:
        return None
    on = pusher.read(lambda session: results.registered_on(session, [one.item_id for one in unknown]))
    budget = Budget(engine, run_id)
    try:
        with CoachviewClient(connection, [DONE], budget, Turns(engine, connection.site(), 1)) as client:
            finished = set(client.finished(sorted({request for request, _ in on.values()})))
    except EtlError as problem:
        return problem
    found = [item_id for item_id, where in on.items() if where in finished]
    with engine.begin() as session:
        ledger.settle(session, RESULTS, found, registered=True, decided_by=f"read back in run {run_id}")
    if missing := len(on) - len(found):
        open_ones = counted(missing, "result has", "results have")
        return GiveUp(
            f"Coachview (connection {connection.conn_id}): {open_ones} an unknown outcome and nothing there is shown"
            " as finished: look there, then decide with: etl coachview settle"
        )
    return None


def _send(
    pusher: Pusher, agreed: CoachviewAccount, due: Sequence[DueItem], run_id: str
) -> tuple[EtlError | None, int]:
    """Offer each result by a call of its own, until all were or Coachview has to be left alone; why, and the calls."""
    calls = silent = 0
    lost: AnswerLost | None = None
    with CoachviewPoster(agreed) as poster, pusher.series(run_id, agreed) as series:
        for one in due:
            call_id, told = series.claim([one.item_id], results.rows)
            failpoint.point("coachview.claimed")
            if not told:
                continue
            calls += 1
            problem: EtlError | None = None
            try:
                outcome = poster.post(message(told[0]))
                silent = 0
            except AnswerLost as met:
                outcome, lost, silent = _unknown(met), met, silent + 1
                if silent == _SILENT_CALLS:
                    problem = RetryLater(f"{met}; {silent} calls in a row")
            except (GiveUp, RetryLater) as met:
                outcome, problem = Outcome("pending", cause=str(met), not_processed=True), met
            failpoint.point("coachview.sent")
            series.record(call_id, {one.item_id: outcome})
            if problem:
                return problem, calls
    return (RetryLater(f"{lost}; the next push reads it back") if lost else None), calls


def _unknown(lost: AnswerLost) -> Outcome:
    return Outcome(
        "unknown", OUTCOME_UNKNOWN, reason(OUTCOME_UNKNOWN), error_code="no_answer", cause=lost.cause
    )


def _list_open_cases(session: Session, run_id: str) -> None:
    cases = results.open_cases(session, CONNECTION)
    rejections.replace(session, run_id, FLOW, RESULTS.system, [CONNECTION], cases, anew=False)
