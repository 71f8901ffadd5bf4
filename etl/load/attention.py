"""What needs a person now, most urgent first, with what to do: for the report and the page Tonight."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Engine

from etl import db
from etl.load.problems import what_to_do
from etl.load.report import SentenceOf, shared_sentence
from etl.words import counted, full_stop

_BY_STATE: Final = {
    "unknown": "whether it was processed is not known: look there, then settle it",
    "doubted": "it was accepted: do what the reason names there, then settle it or send it again",
    "withheld": "it is not sent: mend what the reason names, and the next run sends it",
    "rejected": "the other side refuses it: correct what the reason names, then offer it again",
    "to review": "they are recorded when somebody approves them",
    "new": "mend what the reason names; the next run records them",
    "quiet": "it has not run for 36 hours: is it switched on in Airflow, and does the scheduler run?",
}
_NOUNS: Final = {"not done": "part", "to review": "result", "new": "row"}


@dataclass(frozen=True)
class Attention:
    """One thing: its state, what it is ``about`` (a flow, a source, a kind of what is sent), and how many.

    ``target``: the system that it is sent to.
    """

    urgency: int
    state: str
    about: str
    items: int
    reason_code: str
    reason: str
    since: datetime
    run_id: str | None
    target: str = ""

    @property
    def subject(self) -> str:
        """What it is about, and how many of it."""
        noun = _NOUNS.get(self.state, "")
        number = counted(self.items, noun) if noun else f"{self.items:,}"
        return f"{self.about}: {number}" if self.about else number

    @property
    def because(self) -> str:
        """Why, as a sentence, else as a code; empty where the state says it all."""
        return full_stop(self.reason) if self.reason else self.reason_code

    @property
    def what_to_do(self) -> str:
        """The next thing that a person does about it."""
        return _BY_STATE.get(self.state) or what_to_do(self.reason_code)


def attention(engine: Engine, sentence: SentenceOf = shared_sentence) -> list[Attention]:
    """Everything that needs a person now, as mart.attention has it.

    ``sentence``: of a target and a reason code; etl.connectors.registry has those of all connectors.
    """
    with engine.connect() as session:
        db.execute(session, "load/plans.along_indexes")
        return [_with_reason(dict(row), sentence) for row in db.rows(session, "load/attention.now")]


def _with_reason(row: dict[str, Any], sentence: SentenceOf) -> Attention:
    return Attention(**row | {"reason": row["reason"] or sentence(row["target"], row["reason_code"])})
