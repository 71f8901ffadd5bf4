"""What a run did, read back for people: counts that add up, problems, rejections, points (design.md, rule 4)."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine

from etl import db
from etl.errors import InvalidInput
from etl.load.runs import Counts


@dataclass(frozen=True)
class Step:
    """What one step of a run did, over ``scopes`` courses, batches or accounts."""

    name: str
    scopes: int
    counts: Counts

    @property
    def adds_up(self) -> bool:
        """Every row that came in was written, unchanged, rejected or ignored."""
        counts = self.counts
        return counts.read == counts.written + counts.unchanged + counts.rejected + counts.ignored


@dataclass(frozen=True)
class Problem:
    """What a step could not do, for which course, batch or account."""

    step: str
    scope: str
    code: str
    sentence: str


@dataclass(frozen=True)
class Run:
    """One run of a flow."""

    run_id: str
    flow: str
    airflow_run_id: str | None
    status: str
    started_at: datetime
    finished_at: datetime | None
    parameters: dict[str, Any]
    steps: tuple[Step, ...]
    problems: tuple[Problem, ...]

    @property
    def duration(self) -> timedelta | None:
        """How long it took; None while it is not finished."""
        return self.finished_at - self.started_at if self.finished_at else None

    @property
    def adds_up(self) -> bool:
        """The counts of every step add up."""
        return all(step.adds_up for step in self.steps)


@dataclass(frozen=True)
class OpenRejections:
    """Rows of a source that are not recorded for one reason, with a few of them."""

    source: str
    reason_code: str
    reason: str
    rejected: int
    records: list[str]


@dataclass(frozen=True)
class RunReport:
    """Runs, what is open of their flows now, and how the rows of the PE-Online ledger stand."""

    runs: tuple[Run, ...]
    rejections: tuple[OpenRejections, ...]
    points: dict[str, int]


def read_report(engine: Engine, run_id: str | None = None) -> RunReport:
    """The report of one run, or of the latest run of each flow. Raises InvalidInput when there is no such run."""
    with engine.connect() as connection:
        found = db.rows(connection, "load/report_runs", run_id=run_id)
        if run_id is not None and not found:
            raise InvalidInput(f"there is no run {run_id}")
        flows = [row["flow"] for row in found]
        rejections = db.rows(connection, "load/report_rejections", flows=flows)
        points = db.rows(connection, "load/report_points")
        return RunReport(
            runs=tuple(_runs(connection, found)),
            rejections=tuple(OpenRejections(**row) for row in rejections),
            points={row["status"]: row["points"] for row in points},
        )


def _runs(connection: Connection, found: list[Mapping[str, Any]]) -> list[Run]:
    run_ids = [row["run_id"] for row in found]
    steps = db.rows(connection, "load/report_steps", run_ids=run_ids)
    problems = db.rows(connection, "load/report_problems", run_ids=run_ids)
    return [
        Run(
            **row,
            steps=tuple(_step(step) for step in steps if step["run_id"] == row["run_id"]),
            problems=tuple(
                Problem(problem["step"], problem["scope"], problem["problem_code"], problem["problem"])
                for problem in problems
                if problem["run_id"] == row["run_id"]
            ),
        )
        for row in found
    ]


def _step(row: Mapping[str, Any]) -> Step:
    return Step(row["step"], row["scopes"], Counts(**{name: row[name] for name in asdict(Counts())}))
