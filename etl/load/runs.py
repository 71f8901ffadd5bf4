"""Run report: what every run read, wrote, left unchanged and rejected; the counts add up (design.md, rule 4)."""

import json
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from etl import db


@dataclass(frozen=True)
class Counts:
    """Rows of one step: read = written + unchanged + rejected + ignored; ``calls`` and ``bytes`` of its HTTP."""

    read: int = 0
    written: int = 0
    unchanged: int = 0
    rejected: int = 0
    ignored: int = 0
    calls: int = 0
    bytes: int = 0


def open_run(
    connection: Connection,
    flow: str,
    airflow_run_id: str | None = None,
    parameters: Mapping[str, Any] | None = None,
    data_from: datetime | None = None,
    data_to: datetime | None = None,
) -> str:
    """Open a run and return its id; a cleared Airflow run that starts again keeps its id and counts anew."""
    opened = str(
        db.rows(
            connection,
            "load/run_open",
            run_id=str(uuid.uuid4()),
            flow=flow,
            airflow_run_id=airflow_run_id,
            parameters=json.dumps(dict(parameters or {})),
            data_from=data_from,
            data_to=data_to,
        )[0]["run_id"]
    )
    db.execute(connection, "load/run_restart", run_id=opened)
    return opened


@dataclass(frozen=True)
class Step:
    """What one step did for one scope (course, batch, account).

    ``problem`` is a sentence without personal data; a step with a problem makes its run incomplete.
    """

    scope: str
    counts: Counts = Counts()
    problem_code: str | None = None
    problem: str | None = None


def record_steps(connection: Connection, run_id: str, step: str, done: Iterable[Step]) -> None:
    """Write what a step did for its scopes; when the step runs again, its rows are replaced."""
    rows = [
        asdict(one.counts) | {"scope": one.scope, "problem_code": one.problem_code, "problem": one.problem}
        for one in done
    ]
    db.execute(connection, "load/run_steps", run_id=run_id, step=step, steps=json.dumps(rows))


def record_step(
    connection: Connection,
    run_id: str,
    step: str,
    scope: str,
    counts: Counts,
    problem_code: str | None = None,
    problem: str | None = None,
) -> None:
    """Write what one step did for one scope."""
    record_steps(connection, run_id, step, [Step(scope, counts, problem_code, problem)])


def finished_scopes(connection: Connection, run_id: str, step: str) -> set[str]:
    """The scopes for which this step of the run is done without a problem."""
    return {str(row["scope"]) for row in db.rows(connection, "load/run_steps_done", run_id=run_id, step=step)}


def close_run(connection: Connection, run_id: str, failed_tasks: int = 0) -> str:
    """Close a run and return its status: success, or incomplete when a step met a problem or a task failed."""
    closed = db.rows(connection, "load/run_close", run_id=run_id, failed_tasks=failed_tasks)
    return str(closed[0]["status"])


def problems(connection: Connection, run_id: str) -> list[str]:
    """What a person has to look at: one sentence for each step and scope that met a problem."""
    found = db.rows(connection, "load/run_problems", run_id=run_id)
    return [f"{row['step']} {row['scope']}: {row['problem_code']}: {row['problem']}" for row in found]
