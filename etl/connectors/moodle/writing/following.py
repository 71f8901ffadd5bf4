"""What an occurrence decides about its course in Moodle, as pure functions of its dates and status."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from etl.connectors.moodle.writing.records import NO_TIME, CourseSettings

SEVERAL: Final = "course_of_several"


@dataclass(frozen=True)
class Following:
    """A course and an occurrence that it follows (one of ``occurrences``), and what the site confirmed last."""

    source_course_id: str
    occurrence_code: str
    start_date: date | None
    finish_date: date | None
    occurrence_status: str
    occurrences: int
    confirmed_startdate: int | None
    confirmed_enddate: int | None
    confirmed_visible: bool | None
    changes: int

    def has(self, wished: CourseSettings) -> bool:
        """Was all of that confirmed?"""
        dates = (self.confirmed_startdate, self.confirmed_enddate) == (wished.startdate, wished.enddate)
        return self.confirmed_visible == wished.visible and (dates or wished.startdate is None)


def settings_of(
    start: date | None, finish: date | None, status: str, visible_when: Collection[str], timezone: str
) -> CourseSettings:
    """From the first moment of the start date to the last second of the finish date, as clocks show them there.

    Without a start date the dates are left as they are; without a finish date the course does not end.
    """
    zone = ZoneInfo(timezone)
    end = NO_TIME if finish is None else _midnight(finish + timedelta(days=1), zone) - 1
    startdate = None if start is None else _midnight(start, zone)
    return CourseSettings(startdate, end, status in visible_when)


def follow_wishes(
    facts: Iterable[Following], visible_when: Collection[str], timezone: str
) -> list[dict[str, Any]]:
    """Courses whose dates or visibility differ from what was confirmed last, each with what it is to have, the number
    of the change, and status and reason of the ledger.

    A course that follows several occurrences is not guessed about.
    """
    wishes: dict[str, dict[str, Any]] = {}
    for fact in facts:
        wished = settings_of(
            fact.start_date, fact.finish_date, fact.occurrence_status, visible_when, timezone
        )
        if fact.has(wished):
            continue
        reason = SEVERAL if fact.occurrences > 1 else None
        wishes[fact.source_course_id] = {
            "source_course_id": fact.source_course_id,
            "occurrence_code": fact.occurrence_code,
            **vars(wished),
            "change": fact.changes + 1,
            "status": "withheld" if reason else "pending",
            "reason": reason,
        }
    return list(wishes.values())


def _midnight(day: date, zone: ZoneInfo) -> int:
    return int(datetime.combine(day, time.min, zone).timestamp())
