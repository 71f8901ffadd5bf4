"""Which results an integration's grades may become (docs/results.md, Registrations)."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

_PERCENT: Final = Decimal(100)


@dataclass(frozen=True)
class ResultDefinition:
    """Results from ``minimum`` to ``maximum`` with so many ``decimals``; from ``pass_mark`` on one has passed."""

    minimum: Decimal
    maximum: Decimal
    decimals: int
    pass_mark: Decimal | None = None

    def holds(self, grade: Decimal) -> bool:
        """Whether a grade is within the definition: one that is not is refused, and never brought to its edge."""
        return self.minimum <= grade <= self.maximum

    def result(self, grade: Decimal) -> Decimal:
        """What is registered of a grade: a half goes up, as people round."""
        return grade.quantize(Decimal(1).scaleb(-self.decimals), ROUND_HALF_UP)

    def scaled(self, points: Decimal, most: Decimal = _PERCENT) -> Decimal:
        """The result that so many points of a maximum, or per cent, stand for: none are the minimum, all the maximum.

        More than all, which extra credit gives, lie beyond the maximum.
        """
        return self.result(self.minimum + (self.maximum - self.minimum) * points / most)

    def passes(self, result: Decimal) -> bool:
        """Whether a result, as it is registered, reaches the pass mark; without one nobody passes by a result."""
        return self.pass_mark is not None and result >= self.pass_mark
