"""What a run did, read back for people: counts that add up, problems, rejections, what is sent.

See docs/design.md, Nothing disappears.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection as Session
from sqlalchemy import Engine

from etl import db
from etl.errors import InvalidInput
from etl.load.report_markdown import as_markdown
from etl.load.report_types import (
    Asked,
    NotAsked,
    Note,
    OpenRejections,
    ReportedProblem,
    ReportedStep,
    Run,
    RunReport,
    Sent,
)
from etl.load.runs import Counts
from etl.transform.reasons import REASONS

SentenceOf = Callable[[str, str], str]


def shared_sentence(_system: str, code: str) -> str:
    """The sentence of a reason code that systems share; "" where there is none."""
    return REASONS.get(code, "")


def read_report(
    engine: Engine,
    run_id: str | None = None,
    sentence: SentenceOf = shared_sentence,
    flow: str | None = None,
) -> RunReport:
    """The report of one run (our id or Airflow's, which the runs of several flows may share), or of the latest runs of
    each flow.

    ``sentence``: of a target and a reason code; etl.connectors.registry has those of all connectors.
    Raises InvalidInput when there is no such run.
    """
    with engine.connect() as session:
        found = db.rows(session, "load/report.runs", run_id=run_id, flow=flow)
        if run_id is not None and not found:
            raise InvalidInput(f"there is no run {run_id}: `etl report --list` shows which there are")
        flows = [row["flow"] for row in found]
        since = min((row["started_at"] for row in found), default=datetime.now(UTC))
        if found and all(row["parameters"].get("dry_run") for row in found):
            run_ids = [row["run_id"] for row in found]
            rejections = db.rows(session, "load/report.dry_run_rejections", run_ids=run_ids)
        else:
            rejections = db.rows(session, "load/report.rejections", flows=flows, since=since)
        return RunReport(
            runs=tuple(_runs(session, found)),
            rejections=tuple(OpenRejections(**row) for row in rejections),
            sent=tuple(_sent(row, sentence) for row in db.rows(session, "load/report.sent")),
        )


def read_run(engine: Engine, run_id: str, flow: str) -> Run | None:
    """What a run of a flow (our id or Airflow's) did so far; None before it was opened."""
    with engine.connect() as session:
        found = db.rows(session, "load/report.runs", run_id=run_id, flow=flow)
        return next(iter(_runs(session, found)), None)


def markdown(engine: Engine, run_id: str, sentence: SentenceOf = shared_sentence) -> str:
    """The report of one run as Markdown, for the log of a task. Raises InvalidInput when there is no such run."""
    return as_markdown(read_report(engine, run_id, sentence))


def list_runs(engine: Engine, flow: str | None = None, most: int = 20) -> list[Mapping[str, Any]]:
    """The newest runs, newest first, of one flow or of all: as mart.runs has them."""
    with engine.connect() as session:
        return db.rows(session, "load/report.list", flow=flow, most=most)


def _runs(session: Session, found: list[Mapping[str, Any]]) -> list[Run]:
    run_ids = [row["run_id"] for row in found]
    steps = db.rows(session, "load/report.steps", run_ids=run_ids)
    problems = db.rows(session, "load/report.problems", run_ids=run_ids)
    decisions = db.rows(session, "load/report.decisions", run_ids=run_ids)
    left_out = db.rows(session, "load/report.left_out", run_ids=run_ids)
    notes = db.rows(session, "load/report.notes", run_ids=run_ids)
    return [
        Run(
            **row,
            steps=tuple(_step(step) for step in steps if step["run_id"] == row["run_id"]),
            problems=tuple(
                ReportedProblem(
                    problem["step"], problem["scope"], problem["problem_code"], problem["problem"]
                )
                for problem in problems
                if problem["run_id"] == row["run_id"]
            ),
            decisions=tuple(Asked(**_of_run(one)) for one in decisions if one["run_id"] == row["run_id"]),
            left_out=tuple(NotAsked(**_of_run(one)) for one in left_out if one["run_id"] == row["run_id"]),
            notes=tuple(Note(**_of_run(one)) for one in notes if one["run_id"] == row["run_id"]),
        )
        for row in found
    ]


def _sent(row: Mapping[str, Any], sentence: SentenceOf) -> Sent:
    said = sentence(row["target"], row["reason"])
    return Sent(row["target"], row["kind"], row["status"], row["reason"], row["items"], said)


def _of_run(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name != "run_id"}


def _step(row: Mapping[str, Any]) -> ReportedStep:
    return ReportedStep(row["step"], row["scopes"], Counts(**{name: row[name] for name in asdict(Counts())}))
