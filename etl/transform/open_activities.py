"""What keeps a started unit from being passed or failed: its activities that are not passed yet."""

from typing import Final

import numpy as np
import pandas as pd

from etl.transform.activity_outcomes import (
    AWAITED,
    FAILED,
    MISSING,
    OUTDATED,
    PASSED,
    UNDECIDED,
    WITHHELD,
)
from etl.transform.positions import numbered, pairs_of

COLUMNS: Final = ["scope", "enrolment_code", "unit_code", "activity_id", "state"]
_NOT_GRADED: Final = PASSED + 1  # better than any outcome: each that is there comes instead of it
# By the worst outcome of an activity.
_STATES: Final = {
    _NOT_GRADED: "not_graded",
    PASSED: "partly_graded",
    FAILED: "not_passed",
    UNDECIDED: "not_readable",
    OUTDATED: "not_readable",
    WITHHELD: "withheld",
    AWAITED: "withheld",
    MISSING: "missing",
}
_NAMES: Final = pd.Index(list(_STATES.values()), dtype="str")


def open_activities(known: pd.DataFrame, outcomes: pd.DataFrame, links: pd.DataFrame) -> pd.DataFrame:
    """One row (COLUMNS) a started unit and mapped activity of it that is not passed.

    ``known``: enrolment_code, unit_code, user_id, target, status, held (what is recorded). ``outcomes``: see
    activity_outcomes. ``links``: scope, target, activity_id. state: not_graded, partly_graded, not_passed,
    not_readable (its pass grade), withheld (its grade) or missing (from the learner's report).
    """
    undecided = ~known["status"].isin(["passed", "failed"])
    started = np.flatnonzero((known["status"] == "started") | (undecided & (known["held"] == "started")))
    unit, link = pairs_of(known["target"].to_numpy()[started], links["target"].to_numpy())
    activity, row = links["activity_id"].to_numpy()[link], started[unit]
    worst, share = _reached(known["user_id"].to_numpy()[row], activity, outcomes)
    still = np.flatnonzero((worst != PASSED) | (share <= 1 - 1e-6))
    name, listed = pd.factorize(activity[still])
    return pd.DataFrame(
        {
            "scope": links["scope"].take(link[still]).array,
            **{code: known[code].take(row[still]).array for code in ("enrolment_code", "unit_code")},
            "activity_id": pd.Index(listed.astype("str"), dtype="str").take(name),
            "state": _NAMES.take(pd.Index(list(_STATES)).get_indexer(pd.Index(worst[still]))),
        },
        dtype="str",
    )


def _reached(
    users: np.ndarray, activities: np.ndarray, outcomes: pd.DataFrame
) -> tuple[np.ndarray, np.ndarray]:
    """Of some learners' activities the worst outcome, and what part of each is graded."""
    learner, known = numbered(users)
    activity, shown = pd.factorize(activities)
    theirs, everybody = numbered(outcomes["user_id"].to_numpy())
    theirs = pd.Index(known).get_indexer(everybody)[theirs]
    told = pd.Index(shown).get_indexer(outcomes["activity_id"])
    asked = np.flatnonzero((theirs >= 0) & (told >= 0))
    row, pairs = pd.factorize(learner * len(shown) + activity)
    place = pd.Index(pairs).get_indexer(theirs[asked] * len(shown) + told[asked])
    found, place = asked[place >= 0], place[place >= 0]
    worst = np.full(len(pairs), _NOT_GRADED)
    np.minimum.at(worst, place, outcomes["outcome"].to_numpy()[found])
    share = np.bincount(place, outcomes["share"].to_numpy()[found], minlength=len(pairs))
    return worst[row], share[row]
