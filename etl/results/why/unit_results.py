"""Why a unit or task result was recorded."""

from typing import Final

from sqlalchemy import Connection as Session

from etl import db
from etl.errors import InvalidInput
from etl.results.why import landed
from etl.results.why.shape import Listed, Row, Why

_RULE: Final = {
    "passed": "Passed: every activity that counts for it was passed. It finished on the latest day of a grade.",
    "failed": "Failed: an activity that counts for it was graded, and not passed.",
    "started": "Started: some of the activities that count for it were graded, and not all were passed; a failed one"
    " makes it failed only where the source records that (record_failed).",
}
_ADMINISTRATION: Final = "The administration held this result already: it stands over what is derived."


def why_result(session: Session, enrolment_code: str, unit_code: str) -> Why:
    """What led to the result of a unit or task. Raises InvalidInput where there is none."""
    which = {"enrolment_code": enrolment_code, "unit_code": unit_code}
    found = db.rows(session, "results/why.result", **which)
    if not found:
        raise InvalidInput(f"enrolment {enrolment_code} has no result of {unit_code}")
    result = found[0]
    derived = result["run_id"] is not None
    about = {name: result[name] for name in ("occurrence_code", "source")} | {"unit_code": unit_code}
    inputs = db.rows(session, "results/why.inputs", **about) if derived else []
    return Why(
        about=f"{result['status']}: {unit_code} of {enrolment_code}",
        subject=result,
        rule=[_RULE[result["status"]] if derived else _ADMINISTRATION],
        inputs=[
            Listed("The result", [_shown(result)], facts=True),
            Listed("Activities that count for it", inputs, "None is mapped today." if derived else "None."),
        ],
        answers=_answers(session, result, inputs) if derived else [],
        runs=landed.runs(session, [result["run_id"]]),
        decisions=db.rows(session, "results/why.decisions", **which),
        client_code=result["client_code"],
    )


def _shown(result: Row) -> Row:
    return {name: value for name, value in result.items() if name != "run_id"}


def _answers(session: Session, result: Row, inputs: list[Row]) -> list[Row]:
    courses = db.rows(
        session,
        "results/why.courses",
        occurrence_code=result["occurrence_code"],
        source=result["source"],
    )
    return landed.of_learner(
        session,
        result["source"],
        [row["source_course_id"] for row in courses],
        result["client_code"],
        result["run_id"],
        result["recorded_at"],
        [row["activity_id"] for row in inputs],
    )
