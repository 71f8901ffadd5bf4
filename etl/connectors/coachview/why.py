"""Why a part of a request is registered as it is, and how that stands at Coachview."""

from dataclasses import replace
from typing import Final

from sqlalchemy import Connection as Session

from etl import db
from etl.results.why import landed, sent
from etl.results.why.registrations import AnswersOf, why_registered
from etl.results.why.shape import Listed, Why, newest_first

_TITLE: Final = "Coachview"


def why_registration(session: Session, request_code: str, part_code: str, answers_of: AnswersOf) -> Why:
    """What led to a registration and what Coachview was told. Raises InvalidInput where nothing is registered."""
    why = why_registered(session, request_code, part_code, answers_of)
    told = db.rows(session, "coachview/why.told", request_code=request_code, part_code=part_code)
    if not told:
        return replace(why, rule=[*why.rule, f"{_TITLE} was told nothing of it."])
    offered = [sent.offered(session, one["ledger_row"], _TITLE) for one in told]
    return replace(
        why,
        rule=[*why.rule, f"At {_TITLE}: {sent.stands(told[0])}"],
        inputs=[*why.inputs, Listed(f"What {_TITLE} is told", told), *offered],
        runs=landed.runs(
            session, [row["run_id"] for row in [*why.runs, *(one for tried in offered for one in tried.rows)]]
        ),
        decisions=newest_first(
            why.decisions, *(sent.decided(session, one["ledger_row"], _TITLE) for one in told)
        ),
    )
