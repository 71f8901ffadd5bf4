"""From reported completions to registrations of e-learning parts (docs/results.md, Registrations).

The law: a completion counts once, for the requests that are open when it is looked at. Of a part, the first result
stands; presence, passed, finished and approved are never taken back. So completions that are looked at together
give the same in whatever order they came, and none that is looked at again gives anything.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby
from operator import itemgetter
from typing import Any, Final

import pandas as pd

from etl.transform.rejected import combined, rejected_rows
from etl.transform.result_definition import ResultDefinition

RULE: Final = (
    "A completed course counts for each open part of a training request that is this course, by the number of the"
    " person that the integration uses; it counts once. Of a part the first result stands, rounded to the result"
    " definition; presence, passed, finished and approved are never taken back."
)
RESOURCE: Final = "completion"
REGISTERED, ADDED, NOTHING_NEW = "registered", "added", "nothing_new"
PART: Final = ["request_code", "part_code"]
ATTEMPT: Final = ["completion_id", *PART]
_EFFECTS: Final = ["result", "presence", "passed", "finished", "approved", "approved_on"]
COLUMNS: Final = [*PART, "completion_id", "completed_at", *_EFFECTS]
_ATTEMPTS: Final = [*ATTEMPT, "outcome", "grade", "grade_registered"]


@dataclass(frozen=True)
class Terms:
    """What an integration is agreed to send; ``definition``: of its results, where it sends some."""

    active: bool
    definition: ResultDefinition | None
    sends_presence: bool
    sends_passed: bool


@dataclass(frozen=True)
class Place:
    """What the requests say of a person and a course: is either known, and which parts are there to be registered.

    ``requested``: any; ``open``: some; ``doubled``: the same open part in two requests; ``registered``: already.
    """

    course_known: bool
    person_known: bool
    requested: bool
    open: bool
    doubled: bool
    registered: bool


@dataclass(frozen=True)
class Registrations:
    """``rows``: parts as they are to be, of those that change. ``attempts``: what each completion did for each part
    that it counts for, and whether its grade is the registered one: that of a later attempt is not.
    ``refused``: completions that count for nothing yet, which ``rejected`` lists.
    """

    rows: pd.DataFrame
    attempts: pd.DataFrame
    refused: int
    rejected: pd.DataFrame


def why_not(place: Place) -> str:
    """Why a completion of this person and course cannot be registered; empty where it can, or is already."""
    if not place.person_known:
        return "person_unknown"
    if not place.course_known:
        return "course_not_in_training"
    if not place.requested:
        return "no_training_request"
    if place.doubled:
        return "ambiguous_request"
    return "" if place.open or place.registered else "request_finished"


def registrations(said: pd.DataFrame, parts: pd.DataFrame, terms: Terms) -> Registrations:
    """What completions of one integration change.

    ``said``: completion_id, person_id, course_id, completed_at, completed_on, grade (text), presence, passed, and the
    fields of ``Place``. ``parts``: for each completion the parts that it may count for (completion_id, request_code,
    part_code), whether each ``is_open``, the result that the administration ``holds`` (text), and what is registered:
    ``is_registered`` and its ``held_`` values.
    """
    told = said.assign(reason=refusals(said, terms))
    grades = [_grade(value) for value in said["grade"]]
    counted = told["reason"] == ""
    results = [_result(grade, terms) for grade, counts in zip(grades, counted, strict=True) if counts]
    usable = told[counted].assign(
        grade=pd.Series(results, index=told.index[counted], dtype="object"),
        presence=told["presence"] if terms.sends_presence else None,
        passed=told["passed"] if terms.sends_passed else None,
    )
    pairs = usable.merge(_counting(parts), on="completion_id").sort_values(
        [*PART, "completed_at", "completion_id"]
    )
    rows: list[dict[str, Any]] = []
    attempts: list[dict[str, Any]] = []
    told_of: list[dict[str, Any]] = pairs.to_dict("records")  # type: ignore[assignment]
    for _, of_part in groupby(told_of, itemgetter(*PART)):
        changed, outcomes = _part(list(of_part), terms)
        rows += changed
        attempts += outcomes
    refused = told[~counted]
    return Registrations(
        rows=pd.DataFrame(rows, columns=COLUMNS),
        attempts=pd.DataFrame(attempts, columns=_ATTEMPTS),
        refused=len(refused),
        rejected=combined([_listed(refused)]),
    )


def refusals(said: pd.DataFrame, terms: Terms) -> list[str]:
    """Why each completion is not registered; empty where it is."""
    return list(_refusals(said, terms))


def _refusals(said: pd.DataFrame, terms: Terms) -> Iterable[str]:
    places = said[list(Place.__dataclass_fields__)].itertuples(index=False)
    for grade, place in zip(map(_grade, said["grade"]), places, strict=True):
        if not terms.active:
            yield "integration_paused"
        elif grade is not None and terms.definition is not None and not terms.definition.holds(grade):
            yield "grade_outside_definition"
        else:
            yield why_not(Place(*place))


def _grade(value: Any) -> Decimal | None:
    return Decimal(value) if isinstance(value, str) else None


def _result(grade: Decimal | None, terms: Terms) -> Decimal | None:
    """A grade as it would be registered; none of an integration that sends no results."""
    return None if grade is None or terms.definition is None else terms.definition.result(grade)


def _counting(parts: pd.DataFrame) -> pd.DataFrame:
    """The open parts; of a completion without one, those that are registered already, whose later attempt it is."""
    with_open = parts["completion_id"].isin(parts.loc[parts["is_open"], "completion_id"])
    return parts[parts["is_open"] | (~with_open & parts["is_registered"])]


def _part(pairs: list[dict[str, Any]], terms: Terms) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """One part with the completions that count for it, in their order: the row, where it changes, and the attempts."""
    before = now = _held(pairs[0]) if pairs[0]["is_registered"] else _new(pairs[0])
    attempts = []
    for pair in pairs:
        after = _after(now, pair, terms) if pair["is_open"] else now
        attempts.append(
            {
                **{name: pair[name] for name in [*ATTEMPT, "grade"]},
                "outcome": _outcome(now, after),
                "grade_registered": _grade_registered(now, after, pair),
            }
        )
        now = after
    return [now] * (now != before), attempts


def _new(pair: dict[str, Any]) -> dict[str, Any]:
    """A part of which nothing is registered; a result that the administration holds already stands."""
    nothing = {"presence": False, "passed": False, "finished": False, "approved": False, "approved_on": None}
    named = {name: pair[name] for name in [*PART, "completion_id", "completed_at"]}
    return {**named, "result": _grade(pair["holds"]), **nothing}


def _held(pair: dict[str, Any]) -> dict[str, Any]:
    """A part as it is registered."""
    held = {name: pair[f"held_{name}"] for name in ["completion_id", "completed_at", *_EFFECTS]}
    held["result"] = _grade(held["result"])
    held["approved_on"] = None if pd.isna(held["approved_on"]) else held["approved_on"]
    return {**{name: pair[name] for name in PART}, **held}


def _after(now: dict[str, Any], pair: dict[str, Any], terms: Terms) -> dict[str, Any]:
    """A part after a completion: the first result stands, nothing that is on goes off."""
    given = not all(_absent(pair[name]) for name in ("grade", "presence", "passed"))
    registers = now["result"] is None and pair["grade"] is not None
    passed = _is(pair["passed"])
    if registers and _absent(pair["passed"]) and terms.definition is not None:
        passed = terms.definition.passes(pair["grade"])
    return {
        **now,
        "result": pair["grade"] if registers else now["result"],
        "presence": now["presence"] or _is(pair["presence"]),
        "passed": now["passed"] or passed,
        "finished": True,
        "approved": now["approved"] or given,
        "approved_on": pair["completed_on"] if given and not now["approved"] else now["approved_on"],
    }


def _outcome(before: dict[str, Any], after: dict[str, Any]) -> str:
    if after["finished"] and not before["finished"]:
        return REGISTERED
    return NOTHING_NEW if after == before else ADDED


def _grade_registered(before: dict[str, Any], after: dict[str, Any], pair: dict[str, Any]) -> bool | None:
    """Whether the grade of a completion is the one that stands; the same completion told again has it too."""
    if pair["grade"] is None:
        return None
    same = pair["grade"] == after["result"] and pair["completed_at"] == after["completed_at"]
    return before["result"] is None or same


def _absent(value: Any) -> bool:
    return bool(pd.isna(value))


def _is(value: Any) -> bool:
    return not _absent(value) and bool(value)


def _listed(refused: pd.DataFrame) -> pd.DataFrame:
    keys = refused["course_id"], refused["person_id"]
    return rejected_rows(pd.Series("", index=refused.index), RESOURCE, keys, refused["reason"])
