"""Registrations of e-learning parts: what completed courses, sent or polled, did for training requests."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final, Literal

import pandas as pd
from sqlalchemy import Connection as Session

from etl import db
from etl.engine import failpoint
from etl.errors import InvalidInput
from etl.load import derivations, rejections
from etl.load.merge import put, stage
from etl.load.runs import Counts
from etl.transform.registrations import RESOURCE, Place, Terms, refusals, registrations, why_not
from etl.transform.rejected import combined, rejected_rows
from etl.transform.result_definition import ResultDefinition

_A_LOT: Final = 5_000  # completions in memory at once
_NOWHERE: Final = ""  # the scope of what belongs to an integration as a whole


@dataclass(frozen=True)
class ToldAtOnce:
    """What a sender is told at once: ``registered`` (or it will be), ``already``, or ``refused`` for a ``reason``."""

    outcome: Literal["registered", "already", "refused"]
    reason: str = ""


def answer(session: Session, integration: str, person_id: str, course_id: str) -> ToldAtOnce:
    """What becomes of a completion of this person and course, before anything is derived: one keyed query."""
    asked = {"integration": integration, "person_id": person_id, "course_id": course_id}
    place = Place(**db.rows(session, "results/registrations.place", **asked)[0])
    if place.registered:
        return ToldAtOnce("already")
    reason = why_not(place)
    return ToldAtOnce("refused", reason) if reason else ToldAtOnce("registered")


def refusal(session: Session, name: str, completion_id: int) -> str:
    """Why a reported completion would not be registered as things are now; empty where it would, or is."""
    said = db.query(session, "results/registrations.said", integration=name, completions=[completion_id])
    [row] = db.rows(session, "results/registrations.integrations", integration=name)
    [code] = refusals(said, _terms(row))
    return code


def integrations(session: Session) -> list[str]:
    """All of them, also those that are paused or no longer listed: what they sent is listed until it is registered."""
    return [
        str(row["integration"])
        for row in db.rows(session, "results/registrations.integrations", integration=None)
    ]


def register(
    session: Session,
    run_id: str,
    flow: str,
    name: str,
    nights: Sequence[datetime | None],
    *,
    full: bool = False,
) -> Counts:
    """Register the completions of an integration that counted for nothing yet, in the transaction of ``session``.

    ``flow``: whose run this is, under which is kept what was looked at, and listed what counts for nothing.
    ``nights``: those that had come in until then, oldest first; None: until now. Where those are the ones that were
    looked at last, and reference data did not change since, nothing is done, unless ``full`` is asked for. Raises
    InvalidInput where results are sent without a definition of them.
    """
    db.rows(session, "results/registrations.lock", integration=name)
    version = derivations.reference_version(session)
    [row] = db.rows(session, "results/registrations.integrations", integration=name)
    terms = _terms(row)
    if terms.active:
        polled = db.query(session, "results/registrations.polled", integration=name)
        take(session, name, polled, terms.definition)
    counts = Counts()
    for until in nights:
        asked = {"integration": name, "until": until, "run_id": run_id}
        again = db.rows(session, "results/registrations.repeats", **asked)[0]["told_again"]
        counts += Counts(read=again, unchanged=again)
        waiting = _waiting(session, name, until)
        if until is None and not full and _inputs(version, waiting) == _known(session, flow, name):
            break
        refused = []
        for lot in _lots(waiting):
            done, listed = _register_lot(session, run_id, name, lot, terms)
            counts += done
            refused.append(listed)
        if until is None:
            _list(session, run_id, flow, name, refused)
            seen = set(waiting)  # what came in meanwhile was not looked at
            left = [one for one in _waiting(session, name, None) if one in seen]
            derivations.remember(session, run_id, flow, name, {_NOWHERE: _inputs(version, left)})
    failpoint.point("registrations.written")
    return counts


def _waiting(session: Session, name: str, until: datetime | None) -> list[int]:
    """Completions that counted for nothing yet, in the order in which they count."""
    found = db.rows(session, "results/registrations.waiting", integration=name, until=until)
    return [int(row["completion_id"]) for row in found]


def _inputs(version: str, waiting: Sequence[int]) -> str:
    return derivations.digest([version, *map(str, waiting)])


def _known(session: Session, flow: str, name: str) -> str | None:
    return derivations.derived_inputs(session, flow, name, [_NOWHERE]).get(_NOWHERE)


def _list(session: Session, run_id: str, flow: str, name: str, refused: Sequence[pd.DataFrame]) -> None:
    """What counts for nothing yet is listed, and later attempts of requests that are open."""
    later = db.query(session, "results/registrations.later_attempts", integration=name)["record_key"]
    listed = rejected_rows(pd.Series(_NOWHERE, index=later.index), RESOURCE, later, "later_attempt")
    rejections.replace(session, run_id, flow, name, [_NOWHERE], combined([*refused, listed]))


def _register_lot(
    session: Session, run_id: str, name: str, completions: Sequence[int], terms: Terms
) -> tuple[Counts, pd.DataFrame]:
    asked = {"integration": name, "completions": list(completions)}
    said = db.query(session, "results/registrations.said", **asked)
    parts = db.query(session, "results/registrations.parts", **asked)
    done = registrations(said, parts, terms)
    put(session, "core.registrations", done.rows, "results/registrations.merge", run_id=run_id)
    failpoint.point("registrations.merged")
    stage(session, "core.registration_attempts", done.attempts)
    [became] = db.rows(session, "results/registrations.attempts", run_id=run_id)
    return Counts(
        read=len(completions),
        written=became["written"],
        unchanged=became["unchanged"],
        rejected=became["rejected"] + done.refused,
    ), done.rejected


def definition_of(session: Session, name: str) -> ResultDefinition | None:
    """The result definition of an integration; None where it sends no results. Raises InvalidInput where it lacks."""
    [row] = db.rows(session, "results/registrations.integrations", integration=name)
    return _terms(row).definition


def take(session: Session, name: str, polled: pd.DataFrame, definition: ResultDefinition | None) -> None:
    """Take over completions that were polled, each once: who has completed was present, and passed unless the result
    says so; the mark is scaled into the definition.

    ``polled``: person_id, course_id, completed_at, completed_on, points and maximum (text), reported_at.
    """
    grades = [_scaled(*mark, definition) for mark in zip(polled["points"], polled["maximum"], strict=True)]
    judged = definition is not None and definition.pass_mark is not None
    # Else the source's own verdict, for it says completed only when the course's conditions are met.
    passed = [None if judged and grade is not None else True for grade in grades]
    taken = polled.drop(columns=["points", "maximum"]).assign(
        grade=pd.Series(grades, index=polled.index, dtype="object"),
        presence=True,
        passed=pd.Series(passed, index=polled.index, dtype="object"),
    )
    put(session, "core.reported_completions", taken, "results/registrations.take", integration=name)


def _scaled(points: Any, most: Any, definition: ResultDefinition | None) -> Decimal | None:
    if definition is None or not isinstance(points, str):
        return None
    return definition.scaled(Decimal(points), Decimal(most))


def _terms(row: Mapping[str, Any]) -> Terms:
    """Raises InvalidInput where results are sent and it is not said which there are."""
    definition = None
    if row["sends_result"]:
        bounds = row["minimum"], row["maximum"], row["decimals"]
        if None in bounds:
            raise InvalidInput(
                f"integration {row['integration']}: it sends results, and integrations.csv does not say which there"
                " are: fill in minimum, maximum and decimals"
            )
        definition = ResultDefinition(*bounds, row["pass_mark"])
    return Terms(row["active"], definition, row["sends_presence"], row["sends_passed"])


def _lots(completions: Sequence[int]) -> Iterator[Sequence[int]]:
    return (completions[start : start + _A_LOT] for start in range(0, len(completions), _A_LOT))
