"""What a person can ask of a run: which courses, which nights, a full sweep, a dry run."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

from etl import digits
from etl.errors import InvalidInput

_DAY: Final = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(T.*)?")  # a form may add the time
_TONIGHT_IS = timedelta(hours=24)  # a night that ended less than this ago is polled, not replayed


@dataclass(frozen=True)
class Options:
    """``nights``: ends of past nights (UTC, oldest first) to derive again from what was landed; None = tonight.

    ``at_most``: how much a person lets a run change, where a setting says less.
    """

    courses: frozenset[str] = frozenset()
    nights: tuple[datetime | None, ...] = (None,)
    full: bool = False
    dry_run: bool = False
    at_most: int | None = None

    @property
    def parameters(self) -> dict[str, Any]:
        """What the run report shows of them."""
        shown = [night.isoformat() if night else "tonight" for night in self.nights]
        said = {"courses": sorted(self.courses), "nights": shown, "full": self.full, "dry_run": self.dry_run}
        return said if self.at_most is None else {**said, "at_most": self.at_most}


def read_options(given: Mapping[str, Any], interval_end: datetime | None, now: datetime) -> Options:
    """Options from the parameters of a run (a form, a command line) and the data interval of a scheduled night.

    ``from`` and ``to`` are days (UTC, both included); without them the interval's own night counts.
    Raises InvalidInput naming the parameter.
    """
    first, last = _day(given, "from"), _day(given, "to")
    if first or last:
        nights = _range(first or last, last, now)
    elif interval_end is not None and now - interval_end > _TONIGHT_IS:
        nights = (interval_end,)
    else:
        nights = (None,)
    return Options(
        courses=frozenset(map(_course, given.get("courses") or [])),
        nights=nights,
        full=bool(given.get("full")),
        dry_run=bool(given.get("dry_run")),
        at_most=_number(given, "at_most"),
    )


def _number(given: Mapping[str, Any], name: str) -> int | None:
    value = given.get(name)
    if value in (None, ""):
        return None
    if isinstance(value, bool) or digits.fault(str(value), digits.INTEGER):
        raise InvalidInput(f"parameter {name}: must be a whole number")
    return int(value)


def _course(given: object) -> str:
    if isinstance(given, bool) or not isinstance(given, str | int):
        raise InvalidInput("parameter courses: an id is written as text or as a whole number")
    if reason := digits.id_fault(str(given)):
        raise InvalidInput(f"parameter courses: {reason}")
    return str(given)


def _day(given: Mapping[str, Any], name: str) -> date | None:
    value = given.get(name)
    if value in (None, ""):
        return None
    written = _DAY.fullmatch(str(value))
    try:
        return date.fromisoformat(written[1] if written else "")
    except ValueError:
        raise InvalidInput(f"parameter {name}: not a date of the form YYYY-MM-DD") from None


def _range(first: date | None, last: date | None, now: datetime) -> tuple[datetime | None, ...]:
    today = now.date()
    start, stop = first or today, last or today
    if start > stop:
        raise InvalidInput(f"parameter from: {start} lies after to: {stop}")
    if stop > today:
        raise InvalidInput(f"parameter to: {stop} lies in the future")
    days = [start + timedelta(days=count) for count in range((stop - start).days + 1)]
    ends = [datetime.combine(day, time(), UTC) + timedelta(days=1) for day in days if day < today]
    return (*ends, *([None] if stop == today else []))
