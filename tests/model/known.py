"""What a warehouse may know of a learner after a night: what it has to have asked for, and what no hint shows.

A probe (who is in a course and was there when; the site's list of courses) shows that a learner or a teacher has been
in a course, who has come and who is gone, and that a course was changed. It does not show that somebody who is not
enrolled has graded, nor what cron has found: of that, the warehouse may hold what was there at any night since, but
never anything older than a week, when all is asked.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Final, Generic, TypeVar

_WEEK: Final = timedelta(days=7, hours=1).total_seconds()
T = TypeVar("T")


class Known(Generic[T]):
    """The answers about one thing that the warehouse may hold, each with the last night on which it was true."""

    def __init__(self, truth: T) -> None:
        self.truth = truth
        self.shown = True  # a hint says that it may be another one now
        self._held: dict[T, float] = {}

    @property
    def answers(self) -> list[T]:
        return list(self._held)

    @property
    def sure(self) -> bool:
        """Whether the warehouse can hold nothing but what is true."""
        return self.answers == [self.truth]

    def become(self, truth: T, shown: bool) -> None:
        """Something has happened on the site, with a hint or without."""
        self.truth = truth
        self.shown |= shown

    def may_be_asked(self, moment: float) -> None:
        """A night in which something went wrong, or that had no cause to ask."""
        self._held[self.truth] = moment

    def is_asked(self, moment: float, everything: bool) -> None:
        """A night without trouble: what a hint was given of is read now, the rest is no older than a week."""
        if self.shown or everything:
            self._held = {}
        self._held = {answer: when for answer, when in self._held.items() if moment - when < _WEEK}
        self.may_be_asked(moment)
        self.shown = False

    def keep(self, agrees: Callable[[T], bool]) -> bool:
        """Only the answers that agree with what the warehouse was seen to record; False where none does."""
        self._held = {answer: when for answer, when in self._held.items() if agrees(answer)}
        return bool(self._held)
