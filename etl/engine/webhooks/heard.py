"""What a message says, whatever the system."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Final

from etl.errors import RejectRecord
from etl.transform.reasons import reason

TEST_PERSON: Final = "test-message"  # whose completions only test an integration
_AHEAD: Final = timedelta(days=1)  # as far as clocks and time zones may differ


@dataclass(frozen=True)
class ReportedCompletion:
    """A completed course as its e-learning system tells of it; ``completed_on`` is the day in its own time zone."""

    person_id: str
    course_id: str
    completed_at: datetime
    completed_on: date
    grade: Decimal | None = None
    presence: bool | None = None
    passed: bool | None = None


@dataclass(frozen=True)
class Heard:
    """What was read of a message: a completion, why it cannot be used, or None where nobody asked for its event.

    ``name``: what its sender tells it from others by, where that is not the body. Person and course as far as they
    could be read.
    """

    said: ReportedCompletion | RejectRecord | None
    person_id: str | None = None
    course_id: str | None = None
    created_at: datetime | None = None
    name: str | None = None

    @property
    def is_test(self) -> bool:
        """Whether it only tests the integration."""
        return self.person_id == TEST_PERSON


def heard_of(person_id: str, course_id: str, read: Callable[[], ReportedCompletion]) -> Heard:
    """A message whose person and course are known; what else it says may still be refused."""
    try:
        completion = read()
        if completion.completed_at > datetime.now(UTC) + _AHEAD:
            raise RejectRecord("completed_in_future", reason("completed_in_future"))
    except RejectRecord as problem:
        return Heard(problem, person_id, course_id)
    return Heard(completion, person_id, course_id)
