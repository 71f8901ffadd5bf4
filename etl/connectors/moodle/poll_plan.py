"""What a night asks of a course: a night costs what changed (docs/connectors/moodle.md, Cost)."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

import pandas as pd

from etl.transform.sweep import sweep_due

# Moodle writes a learner's last access at most once a minute: whoever was there just before a poll counts as changed.
ACCESS_MARGIN: Final = timedelta(seconds=120)
NOT_TOLD: Final = -1  # for a last access that the site does not show
WHOLE_MS, SINGLE_MS = 13, 45  # measured cost of one learner in a whole report and of a single report
_PROFILE: Final = ["idnumber", "username", "email", "given_name", "surname"]


@dataclass(frozen=True)
class Poll:
    """``whole``: ask for the whole grade report and the pass grades; else only for the reports of ``users``.

    ``why``: first, sweep, hidden, teacher, many or few; "" where nobody was there.
    """

    whole: bool
    users: tuple[int, ...] = ()
    why: str = field(default="", compare=False)


def poll_plan(
    now: pd.DataFrame,
    before: pd.DataFrame | None,
    learners: Collection[int],
    again: Collection[int],
    polled_at: datetime | None,
    swept_at: datetime | None,
    at: datetime,
) -> Poll:
    """Nobody has been: nothing. A few learners: their reports. A teacher, many learners or a week: all of it.

    ``now`` and ``before``: user_id, is_student, last_course_access (epoch s, -1 = not told) and profile fields, as of
    this poll and of the last good one at ``polled_at``. ``learners``: who has a grade report, whatever their role is
    called. ``again``: whose report could not be read last time. ``swept_at``: when the whole report was landed last.
    ``at``: this poll. Where the site hides when somebody was there, all of it is asked.
    """
    if before is None or polled_at is None or swept_at is None:
        return Poll(whole=True, why="first")
    if sweep_due(swept_at, at):
        return Poll(whole=True, why="sweep")
    if (now["last_course_access"] == NOT_TOLD).any():
        return Poll(whole=True, why="hidden")
    changed = changed_since(now, before, polled_at)
    learns = now["is_student"] | now["user_id"].isin(list(learners))
    if not learns[changed.index].all():
        return Poll(whole=True, why="teacher")
    users = sorted({*changed["user_id"].tolist(), *again})
    if len(users) * SINGLE_MS > int(learns.sum()) * WHOLE_MS:
        return Poll(whole=True, why="many")
    return Poll(whole=False, users=tuple(users), why="" if changed.empty else "few")


def changed_since(now: pd.DataFrame, before: pd.DataFrame, polled_at: datetime) -> pd.DataFrame:
    """The participants who are new, show other fields, or were there since the last poll (see ``poll_plan``)."""
    facts = ["user_id", "last_course_access", *_PROFILE]
    same = now[facts].merge(before[facts], on=facts)["user_id"]
    return now[~now["user_id"].isin(same) | there_just_before(now, polled_at)]


def there_just_before(now: pd.DataFrame, polled_at: datetime) -> "pd.Series[bool]":
    """Who was there so shortly before a poll that they may have been there after it without showing it.

    A moment after the poll is that of a clock that goes before ours, which tells nothing here.
    """
    around = (polled_at - ACCESS_MARGIN).timestamp(), (polled_at + ACCESS_MARGIN).timestamp()
    return now["last_course_access"].between(*around)
