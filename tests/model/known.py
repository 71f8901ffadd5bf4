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
        self._held: dict[T, float] = {}
        self._outdated: set[T] = set()  # of these, what was read before the last hint

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
        if shown:
            self.outdate()

    def outdate(self) -> None:
        """Whatever is held now is read anew by the next night that asks."""
        self._outdated = set(self._held)

    def may_be_asked(self, moment: float) -> None:
        """A night in which something went wrong, or that had no cause to ask."""
        self._held[self.truth] = moment
        self._outdated.discard(self.truth)

    def is_asked(self, moment: float, everything: bool) -> None:
        """A night without trouble: what is older than a hint, or than a week, is read anew; with a sweep all is."""
        kept = {} if everything else self._held
        self._held = {
            answer: when
            for answer, when in kept.items()
            if moment - when < _WEEK and answer not in self._outdated
        }
        self._outdated = set()
        self.may_be_asked(moment)

    def keep(self, agrees: Callable[[T], bool]) -> bool:
        """Only the answers that agree with what the warehouse was seen to record; False where none does."""
        self._held = {answer: when for answer, when in self._held.items() if agrees(answer)}
        return bool(self._held)
