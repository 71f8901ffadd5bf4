"""What does not fit of the results of units, as rejected rows: of a learner, of an activity, of a mapped activity."""

from typing import Final

import pandas as pd

from etl.transform.rejected import combined, rejected_rows

RESOURCE: Final = "unit_result"
ACTIVITY: Final = "activity"
_TYPE_NAME: Final = (
    "[a-z][a-z0-9_]{0,39}"  # as sources name their plugins; other text of a site is not repeated
)


def unfit_results(unfit: pd.DataFrame, targets: pd.DataFrame) -> pd.DataFrame:
    """Results that cannot be recorded: user_id, reason, and the position of their unit (``target``) in targets."""
    if unfit.empty:
        return combined([])
    bad = unfit[["user_id", "target", "reason"]].join(targets, on="target")
    keys = bad["occurrence_code"], bad["user_id"], bad["unit_code"]
    return rejected_rows(bad["scope"], RESOURCE, keys, bad["reason"].astype("str"), bad["user_id"])


def refused_types(links: pd.DataFrame, module: pd.Series) -> pd.DataFrame:
    """Mapped activities of a type (``module``) that gives no verdict."""
    wrong = _of_links(links, "activity_type_not_supported")
    if not wrong.empty:
        types = module.astype("str")
        named = types.where(types.str.fullmatch(_TYPE_NAME), "type without a proper name").to_numpy()
        wrong["reason"] += " This one is a " + named + "."
    return wrong


def missing_activities(links: pd.DataFrame) -> pd.DataFrame:
    """Mapped activities that nobody's report shows."""
    return _of_links(links, "activity_missing")


def _of_links(links: pd.DataFrame, code: str) -> pd.DataFrame:
    keys = links["occurrence_code"], links["unit_code"], links["activity_id"]
    return rejected_rows(links["scope"], "activity_link", keys, code)


def not_mapped(answered: pd.DataFrame, graded: pd.Series) -> pd.DataFrame:
    """Activities with grades that no unit is mapped to, one row an activity."""
    found = activity_keys(answered[answered["activity_id"].isin(graded.unique())])
    return rejected_rows(found["scope"], ACTIVITY, found["record_key"], "activity_not_mapped")


def activity_keys(activities: pd.DataFrame) -> pd.DataFrame:
    """How activities (scope, activity_id) are listed that have grades and no unit: scope, resource, record_key."""
    keys = activities["scope"] + "/" + activities["activity_id"].astype("str")
    return pd.DataFrame({"scope": activities["scope"], "resource": ACTIVITY, "record_key": keys})
