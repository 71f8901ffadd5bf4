"""What each learner's grade for an activity amounts to, and what is not told or not there.

See docs/results.md, Results of units.
"""

from typing import Final

import numpy as np
import pandas as pd

from etl.transform.positions import numbered, pairs_of

SUPPORTED_MODULES: Final = frozenset(
    ["assign", "attendance", "checklist", "h5pactivity", "hvp", "lesson", "lti", "quiz", "scorm"]
)
# Why a grade is withheld: the site has still to compute it anew; it is hidden from the service account.
PENDING, HIDDEN = 1, 2
# numeric(7, 4) holds less. Who reaches ten times the maximum was graded out of another one.
MOST_PERCENT: Final = 999.99995
# The worst outcome decides a unit. A failure decides it whatever else is open, but not against what is not told or
# not there, which might be anything.
PASSED, OUTDATED, UNDECIDED, FAILED, WITHHELD, AWAITED, MISSING, BLOCKED = range(2, -6, -1)
_NOTHING_MISSING: Final = pd.DataFrame({"user_id": [], "activity_id": []}, dtype="int64")


def activity_outcomes(
    grades: pd.DataFrame,
    answered: pd.DataFrame,
    modules: pd.DataFrame,
    learners: pd.DataFrame,
    links: pd.DataFrame,
) -> pd.DataFrame:
    """One row a learner and grade item that is told, withheld or missing: what it amounts to.

    Frames: see unit_results. Returns user_id, activity_id, graded_at (epoch s), share (what part of its activity the
    grade is: less than 1 where the activity has several grade items, 0 where the item is missing), outcome, percent.
    """
    told = np.flatnonzero(is_told(grades))
    judged, missing = _judged(grades, told, modules), _missing(grades, answered, learners, links)
    return pd.concat([judged, missing], ignore_index=True) if len(missing) else judged


def is_told(grades: pd.DataFrame) -> np.ndarray:
    """Whether there is a grade, or may be one."""
    told: np.ndarray = grades["grade"].notna().to_numpy() | (grades["withheld"].to_numpy() > 0)
    return told


def _shares(grades: pd.DataFrame) -> np.ndarray:
    if not grades["item"].any():
        return np.ones(len(grades))
    return 1 / grades.groupby(["user_id", "activity_id"])["item"].transform("size").to_numpy()


def _judged(grades: pd.DataFrame, told: np.ndarray, modules: pd.DataFrame) -> pd.DataFrame:
    """The source's own verdict where it gives one; else the grade against the pass grade, with its rounding."""
    verdict, withheld = (grades[name].to_numpy()[told] for name in ("verdict", "withheld"))
    outcome = np.where(verdict > 0, PASSED, FAILED)
    outcome[verdict == 0] = _compared(grades, told[verdict == 0], modules)
    outcome[withheld == PENDING], outcome[withheld == HIDDEN] = AWAITED, WITHHELD
    low, high, grade = (grades[name].to_numpy()[told] for name in ("grade_min", "grade_max", "grade"))
    span = high - low
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        percent = np.where(span > 0, (grade - low) / span * 100, np.nan)
    kept = {name: grades[name].to_numpy()[told] for name in ("user_id", "activity_id", "graded_at")}
    return pd.DataFrame(
        {**kept, "share": _shares(grades)[told], "outcome": outcome, "percent": percent}, copy=False
    )


def _compared(grades: pd.DataFrame, rows: np.ndarray, modules: pd.DataFrame) -> np.ndarray:
    """The grades of some rows against the pass grade. One that was read before the grade was given and reported may
    have changed since, so that it decides nothing, unless the course is proven to be as it was.
    """
    grade, activity, graded_at, reported = (
        grades[name].to_numpy()[rows] for name in ("grade", "activity_id", "graded_at", "landing_id")
    )
    place = pd.Index(modules["activity_id"]).get_indexer(
        activity
    )  # -1: not read, the last one that is put in
    grade_pass, tolerance, landing, read_at, proven = (
        np.append(modules[name].to_numpy(dtype=np.float64), np.nan)[place]
        for name in ("grade_pass", "tolerance", "landing_id", "read_at", "proven")
    )
    current = (landing > reported) | (read_at >= graded_at) | (proven == 1)
    # Relative slack for binary fractions: 0.665 + 66.0 must not fail 66.665.
    reached = (grade_pass == 0) | (grade >= grade_pass - tolerance - 1e-9)
    decided = np.where(current, np.where(reached, PASSED, FAILED), OUTDATED)
    return np.where(np.isnan(grade_pass), UNDECIDED, decided)


def _missing(
    grades: pd.DataFrame, answered: pd.DataFrame, learners: pd.DataFrame, links: pd.DataFrame
) -> pd.DataFrame:
    """Mapped activities that the report shows of others, but not of this learner: never the same as ungraded."""
    mapped = links[["scope", "activity_id"]].drop_duplicates()
    mapped = mapped[mapped["activity_id"].isin(answered["activity_id"])]
    # As numbers, also where nothing is mapped: of no rows, map gives texts.
    reports = mapped["scope"].map(learners["scope"].value_counts()).astype("float64")
    partly = mapped[_times(mapped["activity_id"], grades) < reports]
    if partly.empty:
        return _NOTHING_MISSING
    expected = learners[["scope", "user_id"]].merge(partly, on="scope")[["user_id", "activity_id"]]
    there = grades.loc[grades["activity_id"].isin(partly["activity_id"]), ["user_id", "activity_id"]]
    lacking = expected.merge(there.drop_duplicates(), on=["user_id", "activity_id"], how="left_anti")
    return lacking.assign(graded_at=0, share=0.0, outcome=MISSING, percent=np.nan)


def _times(activities: pd.Series, grades: pd.DataFrame) -> np.ndarray:
    """How many learners' reports show each activity: one with several grade items is shown once."""
    shown = grades["activity_id"].to_numpy()
    if grades["item"].any():
        shown = shown[grades["item"].to_numpy() == 0]
    code, asked = pd.factorize(activities)
    times = np.bincount(pd.Index(asked).get_indexer(shown) + 1, minlength=len(asked) + 1)[1:]
    return times[code]


def tallies(outcomes: pd.DataFrame, links: pd.DataFrame) -> pd.DataFrame:
    """One row a learner and unit (``target``) with at least one outcome.

    graded: how many activities are, one of which some grade items are not yet is less than one; worst: the outcome
    that decides; first_at, last_at (epoch s, 0 = never); grade_percent: the mean.
    """
    told, link = pairs_of(outcomes["activity_id"].to_numpy(), links["activity_id"].to_numpy())
    user, outcome, graded_at, share, percent = (
        outcomes[name].to_numpy()[told] for name in ("user_id", "outcome", "graded_at", "share", "percent")
    )
    learner, users = numbered(user)
    units = int(links["target"].max() + 1) if len(links) else 1
    row, pairs = numbered(learner * units + links["target"].to_numpy()[link])
    # Counting by row number takes half the time of a group-by.
    worst, first = np.full(len(pairs), PASSED, dtype=np.int64), np.full(len(pairs), np.inf)
    last = np.zeros(len(pairs), dtype=np.int64)
    np.minimum.at(worst, row, outcome)
    np.minimum.at(first, row, np.where(graded_at > 0, graded_at, np.inf))
    np.maximum.at(last, row, graded_at)
    return pd.DataFrame(
        {
            "user_id": users[pairs // units],
            "target": pairs % units,
            "graded": np.bincount(row, share, minlength=len(pairs)).round(6),
            "worst": worst,
            "first_at": np.where(last > 0, first, 0).astype(np.int64),
            "last_at": last,
            "grade_percent": _mean(percent, share, row, len(pairs)),
        }
    )


def _mean(values: np.ndarray, share: np.ndarray, row: np.ndarray, rows: int) -> np.ndarray:
    """Of each row the mean of its values that are known; a value counts for its share."""
    known = ~np.isnan(values)
    count = np.bincount(row, known * share, minlength=rows)
    with np.errstate(invalid="ignore", over="ignore"):
        return np.bincount(row, np.where(known, values * share, 0), minlength=rows) / count
