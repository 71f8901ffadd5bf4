"""Which completions are handed on, which wait and why, and what is to be asked for them (docs/connectors/ilias.md).

Pure: a table of completions that wait, with what is known of person and mark, becomes those of either kind.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import pandas as pd

from etl.connectors.ilias.reasons import REASONS
from etl.transform.rejected import rejected_rows

RESOURCE: Final = "completion"
_READY: Final = ""


@dataclass(frozen=True)
class Verdicts:
    """``ready``: completions to hand on. ``rejected``: the others, which wait."""

    ready: pd.DataFrame
    rejected: pd.DataFrame


@dataclass(frozen=True)
class ToAsk:
    """Users and tests, by their ids, that completions wait for."""

    users: Sequence[str]
    tests: Sequence[str]


def verdicts(waiting: pd.DataFrame, *, with_marks: bool) -> Verdicts:
    """Judge completions; ``with_marks``: their integration registers results."""
    codes = _codes(waiting, with_marks)
    held = waiting[codes != _READY]
    keys = held["course_id"], held["user_id"]
    listed = rejected_rows(pd.Series("", index=held.index), RESOURCE, keys, codes[held.index], own=REASONS)
    return Verdicts(waiting[codes == _READY], listed)


def to_ask(waiting: pd.DataFrame, *, with_marks: bool, again: bool) -> ToAsk:
    """Who and what was not read yet; and, a day later or ``again``, who and what did not help."""
    codes = _codes(waiting, with_marks)
    unhelpful = codes.isin({"user_gone", "number_missing", "ambiguous_learner", "person_unknown"})
    users = ~_is(waiting["user_read"]) | (unhelpful & (_is(waiting["user_is_old"]) | again))
    tests = pd.Series(False, index=waiting.index)
    if with_marks:
        lacking = ~_is(waiting["mark_read"]) | (
            waiting["points"].isna() & (_is(waiting["mark_is_old"]) | again)
        )
        tests = waiting["test"].notna() & lacking
    return ToAsk(_ids(waiting.loc[users, "user_id"]), _ids(waiting.loc[tests, "test"]))


def _codes(waiting: pd.DataFrame, with_marks: bool) -> pd.Series:
    """Why each completion waits; empty where it does not. What is said first is what is to be mended first."""
    needs_mark = waiting["test"].notna() & with_marks
    why = {
        "user_not_read": ~_is(waiting["user_read"]),
        "user_gone": ~_is(waiting["user_known"]),
        "number_missing": waiting["person_id"].isna(),
        "ambiguous_learner": _is(waiting["number_doubled"]),
        "person_unknown": ~_is(waiting["person_known"]),
        "completed_in_future": _is(waiting["is_ahead"]),
        "mark_not_read": needs_mark & ~_is(waiting["mark_read"]),
        "mark_missing": needs_mark & waiting["points"].isna(),
    }
    codes = pd.Series(_READY, index=waiting.index, dtype="object")
    for code, holds in reversed(why.items()):
        codes = codes.mask(holds, code)
    return codes


def _is(column: pd.Series) -> "pd.Series[bool]":
    return column.eq(True).fillna(False).astype("bool")


def _ids(column: pd.Series) -> list[str]:
    return sorted(set(column.astype("str")), key=lambda one: (len(one), one))
