"""What a learner's answers amount to, said a second time and as plainly as can be (docs/results.md): pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from tests.model.site import Grade, Report

ZONE: Final = ZoneInfo("Europe/Amsterdam")
PASSED, FAILED, STARTED = "passed", "failed", "started"
Units = Mapping[str, tuple[int, ...]]  # the places of the activities of a course that count for a unit


@dataclass(frozen=True)
class Result:
    status: str
    started: date
    finished: date | None
    percent: float


@dataclass(frozen=True)
class Settings:
    record_failed: bool = True
    allow_resit: bool = False


@dataclass(frozen=True)
class Enrolment:
    """What the administration says of one; ``plan``: the expected start of each unit of its training plan."""

    status: str = "active"
    start: date | None = None
    plan: Mapping[str, date | None] = field(default_factory=dict)


def day(moment: int) -> date:
    return datetime.fromtimestamp(moment, UTC).astimezone(ZONE).date()


def results(
    report: Report | None,
    units: Units,
    enrolment: Enrolment,
    held: Mapping[str, Result],
    settings: Settings,
) -> tuple[dict[str, Result], dict[str, str]]:
    """What is recorded of an enrolment when this report is read, and why units are not recorded (reason codes)."""
    after, refused = dict(held), {}
    if report is None or enrolment.status == "withdrawn":
        return after, refused
    for unit, places in units.items():
        graded = [report[place] for place in places if report[place].points is not None]
        if not graded:
            continue
        status = _status(graded, len(places), settings)
        before = held.get(unit)
        if before is not None and _stands(before.status, status, settings):
            continue
        found = _dated(status, graded, len(places), unit, enrolment, before)
        if isinstance(found, str):
            refused[unit] = found
        else:
            after[unit] = found
    return after, refused


def _status(graded: list[Grade], mapped: int, settings: Settings) -> str:
    if any(grade.points < grade.to_pass for grade in graded):
        return FAILED if settings.record_failed else STARTED
    return PASSED if len(graded) == mapped else STARTED


def _stands(before: str, status: str, settings: Settings) -> bool:
    if before == FAILED and status == PASSED:
        return not settings.allow_resit
    return before in (PASSED, FAILED) or before == status


def _dated(
    status: str, graded: list[Grade], mapped: int, unit: str, enrolment: Enrolment, before: Result | None
) -> Result | str:
    if unit not in enrolment.plan:
        return "unit_not_in_plan"
    moments = [grade.graded for grade in graded]
    finished = day(max(moments)) if status != STARTED else None
    if before is not None and before.status == STARTED:
        started = before.started
    else:
        started = enrolment.plan[unit] or (day(min(moments)) if mapped > 1 else enrolment.start)
    if started is None:
        return "needs_start_date"
    if finished is not None and started > finished:
        return "start_after_finish"
    shares = [grade.points / grade.most * 100 for grade in graded]
    # of a failed unit that is passed on a resit the start stays, as it stands in the table
    return Result(
        status, before.started if before else started, finished, round(sum(shares) / len(shares), 4)
    )


def completion(completed: int | None, enrolment: Enrolment) -> tuple[int | None, str | None]:
    """The moment at which an enrolment that nothing has completed yet is completed by this answer, or why it is not."""
    if completed is None or enrolment.status != "active":
        return None, None
    if enrolment.start is not None and day(completed) < enrolment.start:
        return None, "completed_before_start"
    return completed, None
