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

COLUMNS: Final = ["scope", "enrolment_code", "unit_code", "activity_id", "state"]
_STATES: Final = {
    FAILED: "not_passed",
    UNDECIDED: "not_readable",
    OUTDATED: "not_readable",
    WITHHELD: "withheld",
    AWAITED: "withheld",
    MISSING: "missing",
}


def open_activities(known: pd.DataFrame, outcomes: pd.DataFrame, links: pd.DataFrame) -> pd.DataFrame:
    """One row (COLUMNS) a started unit and mapped activity of it that is not passed.

    ``known``: enrolment_code, unit_code, user_id, target, status, held (what is recorded). ``outcomes``: see
    activity_outcomes. ``links``: scope, target, activity_id. state: not_graded, partly_graded, not_passed,
    not_readable (its pass grade), withheld (its grade) or missing (from the learner's report).
    """
    undecided = ~known["status"].isin(["passed", "failed"])
    started = known[(known["status"] == "started") | (undecided & (known["held"] == "started"))]
    wanted = started[["enrolment_code", "unit_code", "user_id", "target"]].merge(
        links[["scope", "target", "activity_id"]], on="target"
    )
    theirs = outcomes[outcomes["user_id"].isin(started["user_id"])]
    reached = theirs.groupby(["user_id", "activity_id"], sort=False).agg(
        worst=("outcome", "min"), share=("share", "sum")
    )
    found = wanted.merge(reached.reset_index(), on=["user_id", "activity_id"], how="left")
    whole = (found["worst"] == PASSED) & (found["share"] > 1 - 1e-6)
    rules = [found["worst"] == outcome for outcome in _STATES] + [found["worst"] == PASSED]
    states = np.select(rules, [*_STATES.values(), "partly_graded"], "not_graded")
    return found.assign(state=states).loc[~whole, COLUMNS].astype({"activity_id": "str", "state": "str"})
