"""The requests of a day: 5,000 to Coachview's REST interface, counted here and as its answers tell."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import Engine

from etl import db
from etl.errors import RetryLater
from etl.http.statuses import moment_of

LIMIT: Final = 5_000
RESERVE: Final = 500  # kept for reading back what became of results: reading of requests leaves them alone


class BudgetSpent(RetryLater):
    """The requests of this day are used up, as far as they may be used for this."""


class Budget:
    """What a run may ask. ``reserve``: so many requests of the day it leaves to others."""

    def __init__(self, engine: Engine, run_id: str, reserve: int = 0) -> None:
        self._engine = engine
        self._run_id = run_id
        self._reserve = reserve

    def check(self) -> None:
        """Raises BudgetSpent where nothing may be asked now."""
        with self._engine.connect() as session:
            [left] = db.rows(session, "coachview/budget.left", limit=LIMIT)
        if left["requests"] <= self._reserve:
            raise self._spent(left["more_at"])

    def spend(self, calls: int, headers: Mapping[str, str]) -> None:
        """Count requests that were made, and what the answer to the last one says of those that are left."""
        remaining, resets = headers.get("X-Rate-Limit-Remaining", ""), headers.get("X-Rate-Limit-Reset", "")
        resets_at = moment_of(resets)
        told = resets_at is not None and remaining.isdecimal()
        self._count(calls, int(remaining) if told else None, resets_at if told else None)

    def refused(self, calls: int, retry_after: float | None) -> BudgetSpent:
        """Count requests of which the last one was refused as too many, and return what to raise."""
        until = datetime.now(UTC) + timedelta(seconds=retry_after or 3_600)
        self._count(calls, 0, until)
        return self._spent(until)

    def _spent(self, until: datetime) -> BudgetSpent:
        kept = f" but the {self._reserve} that are kept for reading back" if self._reserve else ""
        return BudgetSpent(
            f"Coachview: the requests of this day are used up{kept}; there are more at"
            f" {until.astimezone(UTC):%Y-%m-%d %H:%M} UTC",
            max(0.0, (until - datetime.now(UTC)).total_seconds()),
        )

    def _count(self, calls: int, remaining: int | None, resets_at: datetime | None) -> None:
        said: dict[str, Any] = {"remaining": remaining, "resets_at": resets_at}
        with self._engine.begin() as session:
            db.execute(session, "coachview/budget.spend", run_id=self._run_id, calls=calls, **said)
