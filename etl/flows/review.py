"""Proposed results that a person reviews before they are recorded (spec/moodle.md: setting review = required)."""

from dataclasses import dataclass
from datetime import date
from typing import Literal

import pandas as pd
from sqlalchemy import Engine

from etl import db
from etl.errors import InvalidInput


@dataclass(frozen=True)
class Chosen:
    """Which open proposals are meant: of a source, an enrolment, a unit; None = all."""

    source: str | None = None
    enrolment_code: str | None = None
    unit_code: str | None = None


def open_proposals(engine: Engine, source: str | None = None) -> pd.DataFrame:
    """enrolment_code, unit_code, source, status, started_on, finished_on, grade_percent, proposed_at."""
    with engine.connect() as session:
        return db.query(session, "load/proposals_open", source=source)


def adjust(
    engine: Engine,
    enrolment_code: str,
    unit_code: str,
    status: str,
    started_on: date | None,
    finished_on: date | None,
) -> None:
    """Change the dates of an open proposal; later polls leave it as adjusted. Raises InvalidInput."""
    key = {"enrolment_code": enrolment_code, "unit_code": unit_code, "status": status}
    with engine.begin() as session:
        changed = db.execute(
            session, "load/proposal_adjust", started_on=started_on, finished_on=finished_on, **key
        )
    if not changed:
        raise InvalidInput(
            f"no open proposal {enrolment_code} / {unit_code} / {status} that may start and finish on these days"
        )


def decide(
    engine: Engine, chosen: Chosen, decision: Literal["approved", "dismissed"], decided_by: str
) -> tuple[int, int]:
    """Approve or dismiss open proposals; returns how many were decided, and how many results that recorded."""
    with engine.begin() as session:
        row = db.rows(
            session,
            "load/proposals_decide",
            decision=decision,
            decided_by=decided_by,
            source=chosen.source,
            enrolment_code=chosen.enrolment_code,
            unit_code=chosen.unit_code,
        )[0]
    return int(row["decided"]), int(row["recorded"])
