"""Run report: what every run read, wrote, left unchanged and rejected; the counts add up.

See docs/design.md, Nothing disappears.
"""

import json
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, astuple, dataclass
from typing import Any, Final

from sqlalchemy import Connection as Session
from sqlalchemy import Engine, text
from sqlalchemy.exc import SQLAlchemyError

from etl import __version__, db
from etl.errors import EtlError
from etl.load.decisions import Decision
from etl.load.problems import BROKEN_OFF, COUNTS_DIFFER, STOPPED, StepName

_LOCK_SPACE: Final = 0x52554E53  # keeps these advisory locks apart from other users of the database


@dataclass(frozen=True)
class Counts:
    """Rows of one step, ``read`` counted where they come in, the others where they go out (see ``balanced``);
    ``calls`` and ``bytes`` of its HTTP.
    """

    read: int = 0
    written: int = 0
    unchanged: int = 0
    rejected: int = 0
    ignored: int = 0
    calls: int = 0
    bytes: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(*map(sum, zip(astuple(self), astuple(other), strict=True)))


def open_run(
    session: Session,
    flow: str,
    airflow_run_id: str | None = None,
    parameters: Mapping[str, Any] | None = None,
) -> str:
    """Open a run and return its id; a cleared Airflow run that starts again keeps its id and what it wrote before.

    Runs of the command line whose process is gone are closed as abandoned.
    """
    opened = str(
        db.rows(
            session,
            "load/runs.open",
            run_id=str(uuid.uuid4()),
            flow=flow,
            airflow_run_id=airflow_run_id,
            parameters=json.dumps(dict(parameters or {})),
        )[0]["run_id"]
    )
    _attempt(session, opened, from_start=True)
    abandon(session, opened, [])
    return opened


def resume(session: Session, run_id: str) -> None:
    """Work on a run: one that was closed, and of which tasks were cleared, goes on as another attempt. That it was
    stopped before is no problem of it any more.
    """
    if db.rows(session, "load/runs.resume", run_id=run_id):
        mended(session, run_id, "run", "")
        _attempt(session, run_id, from_start=False)


@contextmanager
def alive(engine: Engine, run_id: str) -> Iterator[None]:
    """This process works on a run: when the work breaks off it is closed as failed, when the process is killed the
    next run closes it.
    """
    key = {"space": _LOCK_SPACE, "run_id": run_id}
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as sign_of_life:
        sign_of_life.execute(text("select pg_advisory_lock(:space, hashtext(:run_id))"), key)
        try:
            yield
        except BaseException as problem:
            with suppress(SQLAlchemyError):  # the database may be what broke
                _break_off(engine, run_id, problem)
            raise
        finally:
            with suppress(SQLAlchemyError):
                sign_of_life.execute(text("select pg_advisory_unlock(:space, hashtext(:run_id))"), key)


def abandon(session: Session, run_id: str, gone: Sequence[str]) -> list[str]:
    """Close what nobody works on any more, seen from run ``run_id``: the runs ``gone``, and those of the command
    line whose process is gone. Returns their ids.
    """
    closed = db.rows(session, "load/runs.abandon", run_id=run_id, gone=list(gone), space=_LOCK_SPACE)
    return [str(row["run_id"]) for row in closed]


def stop(session: Session, flow: str, airflow_run_id: str) -> None:
    """Close a run that a person stopped in Airflow. What it recorded stays."""
    for run in db.rows(session, "load/runs.running", flow=flow, airflow_run_id=airflow_run_id):
        words = "a person stopped it; what was recorded before that stays"
        record_step(session, run["run_id"], "run", "", Counts(), STOPPED, words)
        close_run(session, run["run_id"], broken=True)


def open_in_airflow(session: Session, flow: str, run_id: str) -> dict[str, str]:
    """The other runs of a flow that Airflow started and that are not closed: Airflow's run id by ours."""
    found = db.rows(session, "load/runs.open_in_airflow", flow=flow, run_id=run_id)
    return {str(row["run_id"]): str(row["airflow_run_id"]) for row in found}


@dataclass(frozen=True)
class Step:
    """What one step did for one scope (course, batch, account).

    ``problem`` is a sentence without personal data; a step with a problem makes its run incomplete. ``decision``: why
    so much was asked of a course. ``note``: a sentence for the report that asks nobody to do anything.
    """

    scope: str
    counts: Counts = Counts()
    problem_code: str | None = None
    problem: str | None = None
    decision: Decision | None = None
    note: str | None = None


def balanced(scope: str, counts: Counts, problem: EtlError | None = None) -> Step:
    """A step with the problem it met; where its counts do not add up, rows were lost or counted twice, and that is its
    problem, since it is told nowhere else.
    """
    told = counts.written + counts.unchanged + counts.rejected + counts.ignored
    if told != counts.read:
        lost = (
            f"{counts.read} rows came in, of {told} it is known what became of them: a fault of this program"
        )
        return Step(scope, counts, COUNTS_DIFFER, lost)
    if problem is None:
        return Step(scope, counts)
    return Step(scope, counts, problem.code, str(problem))


def record_steps(session: Session, run_id: str, step: StepName, done: Iterable[Step]) -> None:
    """Write what a step did for its scopes; what it wrote when it ran before stays counted as written."""
    rows = [
        asdict(one.counts)
        | {
            "scope": one.scope,
            "problem_code": one.problem_code,
            "problem": one.problem,
            "decision": one.decision,
            "note": one.note,
        }
        for one in done
    ]
    db.execute(session, "load/runs.steps", run_id=run_id, step=step, steps=json.dumps(rows))


def record_step(
    session: Session,
    run_id: str,
    step: StepName,
    scope: str,
    counts: Counts,
    problem_code: str | None = None,
    problem: str | None = None,
) -> None:
    """Write what one step did for one scope."""
    record_steps(session, run_id, step, [Step(scope, counts, problem_code, problem)])


def finished_scopes(session: Session, run_id: str, step: StepName) -> set[str]:
    """The scopes for which this step of the run is done without a problem."""
    return {str(row["scope"]) for row in db.rows(session, "load/runs.steps_done", run_id=run_id, step=step)}


def close_run(session: Session, run_id: str, failed_tasks: int = 0, *, broken: bool = False) -> str:
    """Close a run and return its status: success, incomplete when a step met a problem or a task failed, failed
    when it broke off.
    """
    closed = db.rows(session, "load/runs.close", run_id=run_id, failed_tasks=failed_tasks, broken=broken)
    return str(closed[0]["status"])


def written(session: Session, run_id: str) -> int:
    """How many rows a run wrote, also before it was cleared."""
    return int(db.rows(session, "load/runs.written", run_id=run_id)[0]["written"])


def problems(session: Session, run_id: str) -> list[str]:
    """What a person has to look at: one sentence for each step and scope that met a problem."""
    found = db.rows(session, "load/runs.problems", run_id=run_id)
    return [f"{row['step']} {row['scope']}: {row['problem_code']}: {row['problem']}" for row in found]


def not_done(session: Session, run_id: str, step: StepName, scope: str) -> bool:
    """Did a problem that stands keep this step from being done for this scope? Counts differ when it was done."""
    found = db.rows(session, "load/runs.problems", run_id=run_id)
    met = [row["problem_code"] for row in found if (row["step"], row["scope"]) == (step, scope)]
    return any(code != COUNTS_DIFFER for code in met)


def mended(session: Session, run_id: str, step: StepName, scope: str) -> None:
    """What this step met before in this run is no problem any more."""
    db.execute(session, "load/runs.mended", run_id=run_id, step=step, scope=scope)


def _attempt(session: Session, run_id: str, *, from_start: bool) -> None:
    db.execute(session, "load/runs.attempt", run_id=run_id, from_start=from_start, version=__version__)


def _break_off(engine: Engine, run_id: str, problem: BaseException) -> None:
    known = isinstance(problem, EtlError)
    words = str(problem) if known else f"it broke off ({type(problem).__name__})"
    code = problem.code if isinstance(problem, EtlError) else BROKEN_OFF
    with engine.begin() as session:
        if words not in [row["problem"] for row in db.rows(session, "load/runs.problems", run_id=run_id)]:
            record_step(session, run_id, "run", "", Counts(), code, words)
        close_run(session, run_id, broken=True)
