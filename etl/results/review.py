"""Proposed results that a person reviews before they are recorded (docs/results.md, Review)."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, Final, Literal

import msgspec
from sqlalchemy import Connection as Session
from sqlalchemy import Engine

from etl import db
from etl.errors import InvalidInput
from etl.load import audit
from etl.load.audit import Through
from etl.transform.reasons import reason
from etl.words import counted

_DECIDED: Final = {"approved": "recorded", "dismissed": "dismissed"}


@dataclass(frozen=True)
class ChosenProposals:
    """Which open proposals are meant: of a source, an enrolment, a unit; None = all."""

    source: str | None = None
    enrolment_code: str | None = None
    unit_code: str | None = None

    @property
    def is_everything(self) -> bool:
        """Nothing was chosen."""
        return self == ChosenProposals()


@dataclass(frozen=True)
class SeenProposal:
    """An open proposal as whoever decides about it saw it; ``proposed_status`` as it was derived."""

    enrolment_code: str
    unit_code: str
    proposed_status: str
    status: str
    started_on: date
    finished_on: date | None


@dataclass(frozen=True)
class LeftAlone:
    """How so many results stand now that somebody meant to decide about; ``state``: none where they are gone."""

    state: str | None
    decided_by: str | None
    results: int

    def __str__(self) -> str:
        if self.state in _DECIDED:
            return (
                f"{counted(self.results, 'was', 'were')} {_DECIDED[self.state]} by {self.decided_by} already"
            )
        if self.state == "not_possible":
            return f"{counted(self.results, 'is', 'are')} not possible"
        return f"{counted(self.results, 'is', 'are')} changed or gone by now"


@dataclass(frozen=True)
class Decided:
    """How many proposals were decided, how many results that recorded, and how those stand that were left alone."""

    decided: int
    recorded: int
    left_alone: Sequence[LeftAlone]


def open_proposals(engine: Engine, chosen: ChosenProposals) -> list[dict[str, Any]]:
    """The open proposals as mart.proposals has them, and ``reason``: why one cannot be recorded."""
    with engine.connect() as session:
        found = db.rows(session, "results/proposals.open", **asdict(chosen))
    return [_with_reason(row) for row in found]


def adjust(
    engine: Engine,
    enrolment_code: str,
    unit_code: str,
    status: str,
    started_on: date | None,
    finished_on: date | None,
    result: str | None = None,
    *,
    by: str = "",
    through: Through = "command",
    seen: SeenProposal | None = None,
) -> None:
    """Change the dates of an open proposal, or its ``result`` (started, passed or failed); later polls leave it so.

    ``status`` is what was proposed; ``by``: by default whoever runs this program. ``seen``: as it was shown;
    one that is another by now is left alone. Raises InvalidInput.
    """
    key = {"enrolment_code": enrolment_code, "unit_code": unit_code, "status": status}
    change = {"started_on": started_on, "finished_on": finished_on, "result": result}
    with engine.begin() as session:
        audit.by(session, by, through)
        changed = db.execute(session, "results/proposals.adjust", **key, **change, seen=_json(seen))
        if not changed:
            named = {
                "enrolment_code": enrolment_code,
                "unit_code": unit_code,
                "proposed_status": status,
            }
            why = _why_not(session, named, seen)
            raise InvalidInput(f"{enrolment_code} / {unit_code} / {status}: {why}")


def decide(
    engine: Engine,
    chosen: ChosenProposals,
    decision: Literal["approved", "dismissed"],
    decided_by: str,
    through: Through = "command",
    because: str | None = None,
    seen: Sequence[SeenProposal] | None = None,
) -> Decided:
    """Approve or dismiss open proposals.

    ``because``: why they are dismissed. ``seen``: only these, and of them those that are still as they were shown.
    What cannot be recorded is not approved: it stays open, or is dismissed.
    """
    with engine.begin() as session:
        audit.by(session, decided_by, through)
        [row] = db.rows(
            session,
            "results/proposals.decide",
            decision=decision,
            decided_by=decided_by,
            because=because,
            seen=_json(seen),
            **asdict(chosen),
        )
    return Decided(row["decided"], row["recorded"], [LeftAlone(**one) for one in row["left_alone"]])


def _json(seen: SeenProposal | Sequence[SeenProposal] | None) -> str | None:
    return None if seen is None else msgspec.json.encode(seen).decode()


def _with_reason(row: Mapping[str, Any]) -> dict[str, Any]:
    named = {name: value for name, value in row.items() if name != "reason_code"}
    return named | {"reason": reason(row["reason_code"]) if row["reason_code"] else ""}


def _why_not(session: Session, key: Mapping[str, str], seen: SeenProposal | None) -> str:
    now = next(iter(db.rows(session, "results/proposals.as_it_is", **key)), None)
    if now is None:
        return "there is no such proposal"
    if now["state"] in _DECIDED:
        return f"it was {_DECIDED[now['state']]} by {now['decided_by']} already"
    if seen and (now["status"], now["started_on"], now["finished_on"]) != (
        seen.status,
        seen.started_on,
        seen.finished_on,
    ):
        days = f"{now['started_on']} to {now['finished_on'] or 'no finish'}"
        return f"it is {now['status']}, {days}, by now: look at it again"
    return "its start would lie after its finish, or it would be passed or failed without a finish"
