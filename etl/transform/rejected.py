"""The one shape of rejected rows: scope, resource, record_key, reason_code, reason, learner (missing = nobody's)."""

from collections.abc import Mapping, Sequence

import pandas as pd

from etl.transform.reasons import NO_OTHERS, reason

COLUMNS = ["scope", "resource", "record_key", "reason_code", "reason", "learner"]
_NOTHING = pd.DataFrame({name: pd.Series(dtype="str") for name in COLUMNS})


def rejected_rows(
    scope: pd.Series,
    resource: str,
    record_key: pd.Series | Sequence[pd.Series],
    code: pd.Series | str,
    learner: pd.Series | None = None,
    own: Mapping[str, str] = NO_OTHERS,
) -> pd.DataFrame:
    """Rows that will not be recorded; ``record_key`` is made of ids only: one, or several with slashes between them;
    ``code`` is a reason code, shared or among a connector's ``own``. ``learner`` is whose row it is, where it is judged
    learner by learner.
    """
    if scope.empty:  # mostly: nothing is made of no rows
        return _NOTHING
    first, *others = [record_key] if isinstance(record_key, pd.Series) else record_key
    keys = first.astype("str")
    for one in others:
        keys = keys + "/" + one.astype("str")
    rows = pd.DataFrame({"scope": scope.astype("str"), "resource": resource, "record_key": keys})
    rows["reason_code"] = code
    rows["reason"] = rows["reason_code"].map({one: reason(one, own) for one in rows["reason_code"].unique()})
    if learner is not None:
        rows["learner"] = learner.astype("str")
    return rows.reset_index(drop=True)


def combined(parts: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """All rejected rows of several steps as one frame, each once."""
    filled = [part[part.columns.intersection(COLUMNS, sort=False)] for part in parts if not part.empty]
    if not filled:
        return _NOTHING
    return pd.concat(filled, ignore_index=True).drop_duplicates(COLUMNS[:4], ignore_index=True)
