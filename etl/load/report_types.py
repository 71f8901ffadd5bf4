"""What the report of a run is made of."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from operator import attrgetter
from typing import Any

from etl.load.decisions import DECISIONS, Decision
from etl.load.problems import what_to_do
from etl.load.runs import Counts


@dataclass(frozen=True)
class ReportedStep:
    """What one step of a run did, over ``scopes`` courses, batches or accounts."""

    name: str
    scopes: int
    counts: Counts

    @property
    def adds_up(self) -> bool:
        """Every row that came in was written, unchanged, rejected or ignored."""
        counts = self.counts
        return counts.read == counts.written + counts.unchanged + counts.rejected + counts.ignored


@dataclass(frozen=True)
class ReportedProblem:
    """What a step could not do, for which course, batch or account."""

    step: str
    scope: str
    code: str
    sentence: str

    @property
    def what_to_do(self) -> str:
        """The next thing that a person does about it."""
        return what_to_do(self.code)


@dataclass(frozen=True)
class Note:
    """What a step did not do, or left for the next run, and why that is as it should be."""

    step: str
    scope: str
    note: str


@dataclass(frozen=True)
class Asked:
    """Courses of which as much was asked for one reason, and what that cost."""

    decision: Decision
    courses: int
    calls: int
    bytes: int

    @property
    def because(self) -> str:
        """The reason in words."""
        return DECISIONS.get(self.decision, self.decision)


@dataclass(frozen=True)
class NotAsked:
    """Courses that count for something and are not asked now, and why: as core.asked_courses says."""

    asked: str
    courses: int


@dataclass(frozen=True)
class Run:
    """One run of a flow."""

    run_id: str
    flow: str
    airflow_run_id: str | None
    status: str
    started_at: datetime
    finished_at: datetime | None
    parameters: dict[str, Any]
    attempts: int
    seconds: float | None
    version: str | None
    steps: tuple[ReportedStep, ...]
    problems: tuple[ReportedProblem, ...]
    decisions: tuple[Asked, ...] = ()
    left_out: tuple[NotAsked, ...] = ()
    notes: tuple[Note, ...] = ()

    @property
    def duration(self) -> timedelta | None:
        """How long it was worked on, over all attempts; None while it is not finished."""
        return timedelta(seconds=self.seconds) if self.finished_at and self.seconds is not None else None

    @property
    def adds_up(self) -> bool:
        """The counts of every step add up."""
        return all(step.adds_up for step in self.steps)

    @property
    def asked(self) -> str:
        """What was asked of it, such as certain courses or a dry run; empty where nothing was."""
        return asked(self.parameters)

    @property
    def is_trial(self) -> bool:
        """A dry run: its counts are what would have been written."""
        return bool(self.parameters.get("dry_run"))


@dataclass(frozen=True)
class OpenRejections:
    """Rows of a source that are not recorded for one reason, how many of them are new, and a few of them."""

    source: str
    reason_code: str
    reason: str
    rejected: int
    fresh: int
    records: list[str]

    @property
    def some(self) -> str:
        """A few of the rows, new ones first."""
        return ", ".join(self.records) + (", ..." if self.rejected > len(self.records) else "")


@dataclass(frozen=True)
class Sent:
    """Items of the ledger of what is sent, of one kind and in one status, and why where it has a reason:
    the code, and its sentence where it is one of ours; never the text of a target.
    """

    target: str
    kind: str
    status: str
    reason: str
    items: int
    sentence: str = ""

    @property
    def because(self) -> str:
        """The reason in words, else its code."""
        return (self.sentence or self.reason).rstrip(".")


@dataclass(frozen=True)
class RunReport:
    """Runs, what is open of their flows now, and how what is sent stands."""

    runs: tuple[Run, ...]
    rejections: tuple[OpenRejections, ...]
    sent: tuple[Sent, ...]

    @property
    def is_trial(self) -> bool:
        """Only dry runs: ``rejections`` are what they would reject."""
        return bool(self.runs) and all(run.is_trial for run in self.runs)

    @property
    def sent_by_kind(self) -> list[tuple[str, list[Sent]]]:
        """What is sent, kind by kind, each under its heading."""
        return [(kind.capitalize(), list(items)) for kind, items in groupby(self.sent, attrgetter("kind"))]


def asked(parameters: dict[str, Any]) -> str:
    """Parameters of a run in words; what is as in every night is left out."""
    shown = {name: value for name, value in parameters.items() if value and value != ["tonight"]}
    return "; ".join(_in_words(name, value) for name, value in shown.items())


def _in_words(name: str, value: object) -> str:
    named = name.replace("_", " ")
    if value is True:
        return named
    return f"{named} {', '.join(map(str, value)) if isinstance(value, list) else value}"
