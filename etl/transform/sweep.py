"""When everything of a course is asked, whatever seems to have changed."""

from datetime import datetime, timedelta
from typing import Final

SWEEP_AFTER: Final = timedelta(days=7)


def sweep_due(swept_at: datetime | None, at: datetime) -> bool:
    """Once a week everything is asked, for what the access times do not show (an administrator's grading, cron)."""
    return swept_at is None or at - swept_at >= SWEEP_AFTER
