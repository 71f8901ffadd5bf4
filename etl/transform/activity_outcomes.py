"""What each learner's grade for an activity amounts to, and what is not told or not there.

See docs/results.md, Results of units.
"""

from typing import Final

import numpy as np
import pandas as pd

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
    told = is_told(grades)
    graded = grades[told].assign(share=_shares(grades)[told])
    judged, missing = _judged(graded, modules), _missing(grades, answered, learners, links)
    return pd.concat([judged, missing], ignore_index=True) if len(missing) else judged


def is_told(grades: pd.DataFrame) -> np.ndarray:
    """Whether there is a grade, or may be one."""
    told: np.ndarray = (grades["grade"].notna() | (grades["withheld"] > 0)).to_numpy()
    return told


def _shares(grades: pd.DataFrame) -> np.ndarray:
    if not grades["item"].any():
        return np.ones(len(grades))
    return 1 / grades.groupby(["user_id", "activity_id"])["item"].transform("size").to_numpy()


def _judged(graded: pd.DataFrame, modules: pd.DataFrame) -> pd.DataFrame:
    """The source's own verdict where it gives one; else the grade against the pass grade, with its rounding."""
    verdict, withheld = graded["verdict"].to_numpy(), graded["withheld"].to_numpy()
    rules = [withheld == PENDING, withheld == HIDDEN, verdict > 0, verdict < 0]
    outcome = np.select(rules, [AWAITED, WITHHELD, PASSED, FAILED], _compared(graded, modules))
    span = (graded["grade_max"] - graded["grade_min"]).to_numpy()
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        percent = np.where(span > 0, (graded["grade"] - graded["grade_min"]).to_numpy() / span * 100, np.nan)
    return pd.DataFrame(
        {
            "user_id": graded["user_id"].to_numpy(),
            "activity_id": graded["activity_id"].to_numpy(),
            "graded_at": graded["graded_at"].to_numpy(),
            "share": graded["share"].to_numpy(),
            "outcome": outcome,
            "percent": percent,
        }
    )


def _compared(graded: pd.DataFrame, modules: pd.DataFrame) -> np.ndarray:
    """The grade against the pass grade. One that was read before the grade was given and reported may have changed
    since, so that it decides nothing, unless the course is proven to be as it was.
    """
    row, activities = pd.factorize(graded["activity_id"])
    known = modules.set_index("activity_id").reindex(activities)
    grade_pass, tolerance, landing, read_at, proven = (
        known[name].to_numpy()[row] for name in ("grade_pass", "tolerance", "landing_id", "read_at", "proven")
    )
    later = (landing > graded["landing_id"].to_numpy()) | (read_at >= graded["graded_at"].to_numpy())
    current = later | (proven == 1)
    # Relative slack for binary fractions: 0.665 + 66.0 must not fail 66.665.
    reached = (grade_pass == 0) | (graded["grade"].to_numpy() >= grade_pass - tolerance - 1e-9)
    return np.select([np.isnan(grade_pass), ~current, reached], [UNDECIDED, OUTDATED, PASSED], FAILED)


def _missing(
    grades: pd.DataFrame, answered: pd.DataFrame, learners: pd.DataFrame, links: pd.DataFrame
) -> pd.DataFrame:
    """Mapped activities that the report shows of others, but not of this learner: never the same as ungraded."""
    first = grades[grades["item"] == 0] if grades["item"].any() else grades
    shown = first["activity_id"].value_counts()
    mapped = links[["scope", "activity_id"]].drop_duplicates()
    mapped = mapped[mapped["activity_id"].isin(answered["activity_id"])]
    # As numbers, also where nothing is mapped: of no rows, map gives texts.
    reports = mapped["scope"].map(learners["scope"].value_counts()).astype("float64")
    seen = mapped["activity_id"].map(shown).astype("float64").fillna(0)
    partly = mapped[seen < reports]
    if partly.empty:
        return _NOTHING_MISSING
    expected = learners[["scope", "user_id"]].merge(partly, on="scope")[["user_id", "activity_id"]]
    there = grades.loc[grades["activity_id"].isin(partly["activity_id"]), ["user_id", "activity_id"]]
    lacking = expected.merge(there.drop_duplicates(), on=["user_id", "activity_id"], how="left_anti")
    return lacking.assign(graded_at=0, share=0.0, outcome=MISSING, percent=np.nan)


def tallies(outcomes: pd.DataFrame, links: pd.DataFrame) -> pd.DataFrame:
    """One row a learner and unit (``target``) with at least one outcome.

    graded: how many activities are, one of which some grade items are not yet is less than one; worst: the outcome
    that decides; first_at, last_at (epoch s, 0 = never); grade_percent: the mean.
    """
    joined = outcomes.merge(links[["activity_id", "target"]], on="activity_id")
    learner, users = pd.factorize(joined["user_id"])
    units = int(links["target"].max() + 1) if len(links) else 1
    row, pairs = pd.factorize(learner * units + joined["target"].to_numpy())
    # Counting by row number takes half the time of a group-by.
    worst, first = np.full(len(pairs), PASSED, dtype=np.int64), np.full(len(pairs), np.inf)
    graded_at = joined["graded_at"].to_numpy()
    last = np.zeros(len(pairs), dtype=np.int64)
    np.minimum.at(worst, row, joined["outcome"].to_numpy())
    np.minimum.at(first, row, np.where(graded_at > 0, graded_at, np.inf))
    np.maximum.at(last, row, graded_at)
    return pd.DataFrame(
        {
            "user_id": users[pairs // units],
            "target": pairs % units,
            "graded": np.bincount(row, joined["share"].to_numpy(), minlength=len(pairs)).round(6),
            "worst": worst,
            "first_at": np.where(last > 0, first, 0).astype(np.int64),
            "last_at": last,
            "grade_percent": _mean(joined["percent"].to_numpy(), joined["share"].to_numpy(), row, len(pairs)),
        }
    )


def _mean(values: np.ndarray, share: np.ndarray, row: np.ndarray, rows: int) -> np.ndarray:
    """Of each row the mean of its values that are known; a value counts for its share."""
    known = ~np.isnan(values)
    count = np.bincount(row, known * share, minlength=rows)
    with np.errstate(invalid="ignore", over="ignore"):
        return np.bincount(row, np.where(known, values * share, 0), minlength=rows) / count
