"""Why was a result recorded: the rule in words, the inputs, the answers as they landed, the run, who decided."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection as Session

from etl import db
from etl.errors import InvalidInput

_RULE: Final = {
    "passed": "Passed: every activity that counts for it was passed. It finished on the latest day of a grade.",
    "failed": "Failed: an activity that counts for it was graded, and not passed.",
    "started": "Started: some of the activities that count for it were graded, and not all were passed; a failed one"
    " makes it failed only where the source records that (record_failed).",
}
_ADMINISTRATION: Final = "The administration held this result already: it stands over what is derived."

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Why:
    """A unit or task result and what led to it."""

    result: Row
    rule: str
    inputs: list[Row]
    answers: list[Row]
    decisions: list[Row]


def why_result(session: Session, enrolment_code: str, unit_code: str) -> Why:
    """What led to the result of a unit or task. Raises InvalidInput where there is none."""
    which = {"enrolment_code": enrolment_code, "unit_code": unit_code}
    found = db.rows(session, "results/why.result", **which)
    if not found:
        raise InvalidInput(f"enrolment {enrolment_code} has no result of {unit_code}")
    result = found[0]
    decisions = db.rows(session, "results/why.decisions", **which)
    if result["run_id"] is None:
        return Why(result, _ADMINISTRATION, [], [], decisions)
    about = {name: result[name] for name in ("occurrence_code", "source")} | {"unit_code": unit_code}
    landed = {"client_code": result["client_code"], "recorded_at": result["recorded_at"]}
    return Why(
        result,
        _RULE[result["status"]],
        db.rows(session, "results/why.inputs", **about),
        db.rows(session, "results/why.answers", **about, **landed),
        decisions,
    )
