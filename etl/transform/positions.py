"""Joins of columns that take no frame with them: copying all its columns is what takes the time in a join.

What belongs together is said by positions, so that each column that is needed is taken once.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

Column = np.ndarray


def pairs_of(left: Column, right: Column) -> tuple[Column, Column]:
    """The positions of every two that are equal, in the order of ``left``, then of ``right``."""
    code, known = pd.factorize(right)
    found = pd.Index(known).get_indexer(left)
    rows = np.flatnonzero(found >= 0)
    found = found[rows]
    several = np.bincount(code, minlength=len(known))
    order, first = np.argsort(code, kind="stable"), np.cumsum(several) - several
    if len(order) == len(known):
        return rows, order[found]
    each = several[found]
    place = np.arange(each.sum()) - np.repeat(np.cumsum(each) - each, each)
    return np.repeat(rows, each), order[np.repeat(first[found], each) + place]


def shared_codes(*columns: pd.Series) -> list[Column]:
    """Texts as numbers from 0, the same in all columns. Of a categorical one only its categories are looked at."""
    texts = [column.cat.categories.to_series() if _is_categorical(column) else column for column in columns]
    codes, _ = pd.factorize(pd.concat(texts, ignore_index=True))
    parts = np.split(codes, np.cumsum([len(one) for one in texts])[:-1])
    return [
        part[column.cat.codes] if _is_categorical(column) else part
        for part, column in zip(parts, columns, strict=True)
    ]


def shared_keys(names: Sequence[str], *frames: pd.DataFrame) -> list[Column]:
    """Rows as one number for several columns together, the same in all frames; no value is missing."""
    keys = [np.zeros(len(frame), dtype=np.int64) for frame in frames]
    for name in names:
        codes = shared_codes(*(frame[name] for frame in frames))
        several = 1 + max(code.max(initial=-1) for code in codes)
        keys = [key * several + code for key, code in zip(keys, codes, strict=True)]
    return keys


def _is_categorical(column: pd.Series) -> bool:
    return isinstance(column.dtype, pd.CategoricalDtype)


def numbered_rows(frame: pd.DataFrame) -> Column:
    """Each row as a number from 0, equal ones the same."""
    row = np.zeros(len(frame), dtype=np.int64)
    for name in frame:
        codes, found = pd.factorize(frame[name])
        row, _ = pd.factorize(row * len(found) + codes)
    return row


def filled(column: pd.Series, places: Column) -> pd.Series:
    """The values at some positions; at -1 there is none."""
    return pd.Series(column.array.take(places, allow_fill=True))


def numbered(values: Column) -> tuple[Column, Column]:
    """Each of many numbers as one from 0, and what these stand for; equal ones mostly stand together, so that only the
    first of a run is looked up.
    """
    starts = np.flatnonzero(np.r_[True, values[1:] != values[:-1]][: len(values)])
    codes, found = pd.factorize(values[starts])
    return np.repeat(codes, np.diff(np.r_[starts, len(values)])), found


def among(rows: pd.DataFrame, others: pd.DataFrame) -> Column:
    """Which rows are of a learner (scope, user_id) who is among the others."""
    found = np.zeros(len(rows), dtype=bool)
    if rows.empty or others.empty:
        return found
    # Few are looked at in full: the id is of a site, and a learner may be in several courses.
    likely = np.flatnonzero(rows["user_id"].isin(others["user_id"]))
    if len(likely):
        asked = rows[["scope", "user_id"]].take(likely)
        known = others[["scope", "user_id"]].take(np.flatnonzero(others["user_id"].isin(asked["user_id"])))
        theirs, held = shared_keys(["scope", "user_id"], asked, known)
        found[likely] = pd.Index(held).unique().get_indexer(theirs) >= 0
    return found
