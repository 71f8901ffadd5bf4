"""Business dates are made in the source's own time zone, from epoch or UTC only (docs/design.md, Time)."""

from zoneinfo import ZoneInfo

import pandas as pd


def local_dates(moments: pd.Series, timezone: str) -> pd.Series:
    """The calendar day (datetime64, midnight, no zone) of UTC moments in ``timezone``; NaT stays NaT."""
    days: pd.Series = moments.dt.tz_convert(ZoneInfo(timezone)).dt.tz_localize(None).dt.normalize()
    return days


def epoch_dates(seconds: pd.Series, timezone: str) -> pd.Series:
    """The calendar day of epoch seconds in ``timezone``; 0 means never, not 1970 (docs/design.md, Time)."""
    return local_dates(pd.to_datetime(seconds.where(seconds > 0), unit="s", utc=True), timezone)
