"""Why somebody has a competence, from when until when, or has not: what each pass did."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import pandas as pd
from sqlalchemy import Connection as Session

from etl import db
from etl.errors import InvalidInput
from etl.results.why import changes, landed
from etl.results.why.shape import Listed, Row, Why, newest_first
from etl.transform.competences import RULE, overlapping, possible_periods
from etl.transform.reasons import reason

_PERIOD: Final = ["client_code", "competence_code", "valid_from", "valid_to"]
_UNLINKED: Final = "gave nothing: the course is not linked to it any more"
_COUNTS_NO_MORE: Final = "gives nothing: the completion counts as passed no more"
_WAITS: Final = "the next run decides"


def why_competence(session: Session, competence_code: str, client_code: str) -> Why:
    """What led to the periods of a person. Raises InvalidInput where there is no such competence, or person."""
    of = {"competence_code": competence_code, "client_code": client_code}

    def rows(name: str, **asked: Any) -> list[Row]:
        return db.rows(session, f"results/why_competences.{name}", **asked)

    found = rows("competence", **of)
    if not found:
        raise InvalidInput(f"there is no competence {competence_code}, or no client {client_code}")
    competence = found[0]
    periods, passes = rows("periods", **of), rows("passes", **of)
    links = rows("links", competence_code=competence_code)
    waits = bool(rows("not_read", competence_code=competence_code))
    outcomes = _outcomes(passes, periods, competence, waits)
    return Why(
        about=f"competence {competence_code} of {client_code}",
        subject=competence,
        rule=[RULE, _stands(competence, periods, waits)],
        inputs=[
            Listed("The competence", [competence], facts=True),
            Listed("Periods, newest first", periods, "None was given, and the administration held none."),
            Listed(
                "Passes, and what each did",
                [_shown(one, did) for one, did in zip(passes, outcomes, strict=True)],
                "The person passed no course that is linked to it.",
            ),
            Listed("Courses that give it", links, "No course is linked to it."),
        ],
        answers=_answers(session, client_code, passes),
        runs=landed.runs(
            session,
            [row["run_id"] for row in [*periods, *passes]] + [row["corrected_by"] for row in periods],
        ),
        decisions=newest_first(
            rows("decisions", **of),
            rows("completion_decisions", **of),
            _changed(session, competence_code, links),
        ),
        client_code=client_code,
    )


def _stands(competence: Row, periods: Sequence[Row], waits: bool) -> str:
    """How it stands with the person, in a sentence."""
    if competence["revoked"]:
        return reason("competence_revoked")
    if waits:
        return reason("course_not_read")
    standing = [one for one in periods if one["corrected_at"] is None]
    if not standing:
        return "The person never had it."
    last = standing[0]
    until = f"until {last['valid_to']}" if last["valid_to"] else "for good"
    return f"The last period is from {last['valid_from']} {until}."


def _shown(given: Row, did: str) -> Row:
    names = ("passed_at", "source", "source_course_id", "recorded_at", "run_id")
    return {"passed_at": given["passed_at"], "what_it_did": did, **{name: given[name] for name in names[1:]}}


def _outcomes(passes: Sequence[Row], periods: Sequence[Row], competence: Row, waits: bool) -> list[str]:
    """What each pass did: it gave a period, lay in one that was held, or counts for nothing, and why."""
    if not passes:
        return []
    dated = possible_periods(pd.DataFrame([{**one, "place": place} for place, one in enumerate(passes)]))
    held = pd.DataFrame([{**competence, **one} for one in periods if one["corrected_at"] is None])
    held = held.reindex(columns=_PERIOD)
    for name in ("valid_from", "valid_to"):
        held[name] = pd.to_datetime(held[name]).astype("datetime64[s]")
    covers = overlapping(dated, held.sort_values("valid_from")).drop_duplicates("row").set_index("row")
    said = {
        one["place"]: _did(one, periods, covers.loc[label] if label in covers.index else None)
        for label, one in zip(dated.index, dated.to_dict("records"), strict=True)
    }
    waiting = reason("course_not_read") if waits else _WAITS
    waiting = reason("competence_revoked") if competence["revoked"] else waiting
    return [said[place] or waiting for place in range(len(passes))]


def _did(one: Mapping[Any, Any], periods: Sequence[Row], covering: "pd.Series[Any] | None") -> str:
    """What a pass did; empty where no period says so."""
    day = one["valid_from"].date()
    for period in periods:
        given = (period["source"], period["source_course_id"], period["valid_from"])
        if given == (one["source"], one["source_course_id"], day):
            return f"gave the period from {day}" + ", which was corrected since" * bool(
                period["corrected_at"]
            )
    if not one["counts"]:
        return _COUNTS_NO_MORE
    if one["closed_at"] is not None and not pd.isna(one["closed_at"]):
        return _UNLINKED
    if covering is None:
        return ""
    until = covering["valid_to_held"]
    ends = "for good" if pd.isna(until) else f"until {until.date()}"
    return f"changed nothing: it was held already, from {covering['valid_from_held'].date()} {ends}"


def _answers(session: Session, client_code: str, passes: Sequence[Row]) -> list[Row]:
    """The answers that showed each pass first; of a course that was passed more than once, each once."""
    found = [
        answer
        for one in passes
        for answer in landed.of_learner(
            session, one["source"], [one["source_course_id"]], client_code, one["run_id"], one["recorded_at"]
        )
    ]
    return list({tuple(answer.values()): answer for answer in found}.values())


def _changed(session: Session, competence_code: str, links: Sequence[Row]) -> list[Row]:
    """Who changed the competence, and who made and removed its links."""
    of_it = changes.of_row(session, "core.competences", {"competence_code": competence_code})
    decided = changes.as_decisions(of_it, "competence")
    for link in links:
        key = {name: link[name] for name in ("source", "source_course_id")} | {
            "competence_code": competence_code
        }
        made = changes.of_row(session, "core.competence_links", key)
        decided += changes.as_decisions(
            made, f"link of course {link['source_course_id']} of {link['source']}"
        )
    return decided
