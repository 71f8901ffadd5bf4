"""Revoke and restore completions of courses, each with who, when and why (docs/results.md, Course completion)."""

from datetime import date
from typing import Literal

from sqlalchemy import Engine

from etl import db
from etl.errors import InvalidInput
from etl.load import audit
from etl.load.audit import Through
from etl.results.decisions import check_reason

Decision = Literal["revoked", "restored"]


def decide(
    engine: Engine,
    decision: Decision,
    source: str,
    source_course_id: str,
    client_code: str,
    completed_on: date | None,
    by: str,
    reason: str,
    through: Through = "command",
) -> int:
    """Say whether a learner's completions of a course count, of one day (of the source) or all; returns how many."""
    check_reason(by, reason)
    with engine.begin() as session:
        audit.by(session, by, through)
        decided = db.execute(
            session,
            "results/completions.decide",
            decision=decision,
            source=source,
            source_course_id=source_course_id,
            client_code=client_code,
            completed_on=completed_on,
            decided_by=by,
            reason=reason,
        )
    if not decided:
        day = f" of {completed_on}" if completed_on else ""
        raise InvalidInput(
            f"{client_code} has no completion{day} of course {source_course_id} of {source} that could be {decision}"
        )
    return decided
