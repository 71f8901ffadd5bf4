"""Passed, failed or started: results of units and tasks from the grades of mapped activities (spec/moodle.md)."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from etl.transform.dates import epoch_dates
from etl.transform.rejected import combined, rejected_rows

RESOURCE = "unit_result"
SUPPORTED_MODULES: Final = frozenset(
    ["assign", "attendance", "checklist", "h5pactivity", "hvp", "lesson", "lti", "quiz", "scorm"]
)
# Why a grade is withheld: the site has still to compute it anew; it is hidden from the service account.
PENDING, HIDDEN = 1, 2
# numeric(7, 4) holds less. Who reaches ten times the maximum was graded out of another one.
MOST_PERCENT: Final = 999.99995
RESULT_COLUMNS: Final = [
    "enrolment_code",
    "unit_code",
    "status",
    "started_on",
    "finished_on",
    "grade_percent",
]
_STATUS: Final = ["started", "passed", "failed", "undecided", "hidden", "pending"]
# The worst decides a unit. What is not told might be anything, so that it comes before a failure.
_PASSED, _UNDECIDED, _FAILED, _HIDDEN, _PENDING = 1, 0, -1, -2, -3


@dataclass(frozen=True)
class Rules:
    """The settings of one integration (sources.csv)."""

    timezone: str
    record_failed: bool
    allow_resit: bool
    use_enrolment_start: bool


@dataclass(frozen=True)
class UnitResults:
    """Results to record (RESULT_COLUMNS), what stands already (a count), and rejected rows."""

    results: pd.DataFrame
    standing: int
    rejected: pd.DataFrame


def unit_results(
    grades: pd.DataFrame,
    modules: pd.DataFrame,
    links: pd.DataFrame,
    enrolments: pd.DataFrame,
    plan: pd.DataFrame,
    recorded: pd.DataFrame,
    rules: Rules,
) -> UnitResults:
    """Passed when all mapped activities are passed, failed when any is failed, started when some are passed.

    ``grades``: scope, user_id, activity_id, item, module, grade, grade_min, grade_max, graded_at (epoch s), verdict,
    withheld (see decode_grade_report); of an activity with several grade items the worst counts, and it is passed
    when all of them are.
    ``modules``: scope, activity_id, module, grade_pass (NaN = not readable, 0 = none), tolerance.
    ``links``: scope, occurrence_code, unit_code, activity_id. ``enrolments``: see learner_enrolments.
    ``plan``: enrolment_code, unit_code, expected_start_date. ``recorded``: enrolment_code, unit_code, status,
    started_on. Rule: spec/moodle.md, What must happen (results).
    """
    targets, links = _targets(links)
    answered = grades.drop_duplicates(["scope", "activity_id"])[["scope", "activity_id", "module"]]
    answered = answered.astype({"scope": "str", "module": "str"})
    blocked, problems = _blocked_targets(links, answered, modules)
    told = (grades["grade"].notna() | (grades["withheld"] > 0)).to_numpy()
    graded = grades[told].assign(share=_shares(grades)[told])
    tallies = _tallies(_activity_outcomes(graded, modules), links[~links["target"].isin(blocked)])
    candidates = _of_enrolments(tallies, targets, enrolments, rules.record_failed)
    planned = candidates.merge(_with_recorded(plan, recorded), on=["enrolment_code", "unit_code"])
    fresh = planned[~_stands(planned, rules.allow_resit)]
    results, undated = _checked(_dated(fresh, rules), targets)
    unmapped = _unmapped(answered, graded["activity_id"], links)
    return UnitResults(results, len(planned) - len(fresh), combined([problems, undated, unmapped]))


def _targets(links: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The units of occurrences that activities count for, with the number of these; and the links with that row.

    Rows and numbers instead of codes: comparing the codes of every result is what would take the time.
    """
    unit = links.groupby(["scope", "occurrence_code", "unit_code"])
    targets = unit.size().rename("activities").reset_index()
    place = targets.groupby(["scope", "occurrence_code"]).ngroup()
    return targets.assign(place=place), links.assign(target=unit.ngroup())


def _blocked_targets(
    links: pd.DataFrame, answered: pd.DataFrame, modules: pd.DataFrame
) -> tuple[set[int], pd.DataFrame]:
    """A unit with an activity that is missing or of a refused type gets no status, until that is mended."""
    activity = ["scope", "activity_id"]
    told = [answered.assign(answered=True), modules[[*activity, "module"]].assign(answered=False)]
    state = links.merge(pd.concat(told).drop_duplicates(activity), on=activity, how="left").set_index(
        links.index
    )
    refused = state["module"].notna() & ~state["module"].isin(SUPPORTED_MODULES)
    asked = links["scope"].isin(
        answered["scope"].unique()
    )  # an empty course says nothing about its activities
    missing = asked & state["answered"].ne(True) & ~refused
    keys = links["occurrence_code"] + "/" + links["unit_code"] + "/" + links["activity_id"].astype("str")
    wrong = rejected_rows(
        links["scope"][refused], "activity_link", keys[refused], "activity_type_not_supported"
    )
    if not wrong.empty:
        wrong["reason"] += " This one is a " + state["module"][refused].astype("str").to_numpy() + "."
    gone = rejected_rows(links["scope"][missing], "activity_link", keys[missing], "activity_missing")
    return set(links["target"][refused | missing]), combined([wrong, gone])


def _shares(grades: pd.DataFrame) -> np.ndarray:
    """What part of its activity a grade is: all of it, or less where the activity has several grade items."""
    if not grades["item"].any():
        return np.ones(len(grades))
    return 1 / grades.groupby(["user_id", "activity_id"])["item"].transform("size").to_numpy()


def _activity_outcomes(graded: pd.DataFrame, modules: pd.DataFrame) -> pd.DataFrame:
    """Moodle's own verdict where it gives one; else the grade against the pass grade, with its rounding.

    A row a grade item. Not to be decided where the pass grade is not readable, or the grade itself is withheld.
    """
    row, activities = pd.factorize(graded["activity_id"])
    known = modules.set_index("activity_id").reindex(activities)
    grade_pass, tolerance = (known[name].to_numpy()[row] for name in ("grade_pass", "tolerance"))
    # Relative slack for binary fractions: 0.665 + 66.0 must not fail 66.665.
    reached = graded["grade"].to_numpy() >= grade_pass - tolerance - 1e-9
    compared = np.where(
        np.isnan(grade_pass), _UNDECIDED, np.where((grade_pass == 0) | reached, _PASSED, _FAILED)
    )
    verdict, withheld = graded["verdict"].to_numpy(), graded["withheld"].to_numpy()
    judged = np.where(verdict != 0, verdict, compared)
    span = (graded["grade_max"] - graded["grade_min"]).to_numpy()
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        percent = np.where(span > 0, (graded["grade"] - graded["grade_min"]).to_numpy() / span * 100, np.nan)
    return pd.DataFrame(
        {
            "user_id": graded["user_id"].to_numpy(),
            "activity_id": graded["activity_id"].to_numpy(),
            "graded_at": graded["graded_at"].to_numpy(),
            "share": graded["share"].to_numpy(),
            "outcome": np.select([withheld == PENDING, withheld == HIDDEN], [_PENDING, _HIDDEN], judged),
            "percent": percent,
        }
    )


def _tallies(outcomes: pd.DataFrame, links: pd.DataFrame) -> pd.DataFrame:
    """One row a learner and unit with at least one grade: how many activities are graded (one of which some grade
    items are not yet is less than one), the worst outcome, dates, mean percent.
    """
    joined = outcomes.merge(links[["activity_id", "target"]], on="activity_id")
    learner, users = pd.factorize(joined["user_id"])
    units = int(links["target"].max() + 1) if len(links) else 1
    row, pairs = pd.factorize(learner * units + joined["target"].to_numpy())
    # Counting by row number takes half the time of a group-by.
    worst, first = np.ones(len(pairs), dtype=np.int64), np.full(len(pairs), np.inf)
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


def _of_enrolments(
    tallies: pd.DataFrame, targets: pd.DataFrame, enrolments: pd.DataFrame, record_failed: bool
) -> pd.DataFrame:
    """The status of each unit for each enrolment that its learner has in the occurrence of the unit."""
    unit = (
        targets[["place", "unit_code", "activities"]]
        .take(tallies["target"].to_numpy())
        .set_index(tallies.index)
    )
    rated = tallies.assign(
        place=unit["place"],
        unit_code=unit["unit_code"],
        several=unit["activities"] > 1,
        status=_status(tallies, unit["activities"], record_failed),
    )
    occurrence = ["scope", "occurrence_code"]
    placed = enrolments.merge(targets[[*occurrence, "place"]].drop_duplicates(), on=occurrence)
    return rated.merge(placed[["place", "user_id", "enrolment_code", "start_date"]], on=["place", "user_id"])


def _status(tallies: pd.DataFrame, mapped: pd.Series, record_failed: bool) -> pd.Categorical:
    failed = "failed" if record_failed else "started"
    worst = {_PENDING: "pending", _HIDDEN: "hidden", _FAILED: failed, _UNDECIDED: "undecided"}
    rules = [*(tallies["worst"] == outcome for outcome in worst), tallies["graded"] == mapped]
    codes = np.select(rules, [_STATUS.index(status) for status in (*worst.values(), "passed")], 0)
    return pd.Categorical.from_codes(codes, pd.Index(_STATUS, dtype="str"))


def _with_recorded(plan: pd.DataFrame, recorded: pd.DataFrame) -> pd.DataFrame:
    """The training plan, with what is recorded for its units already (held, held_start)."""
    held = recorded.rename(columns={"status": "held", "started_on": "held_start"})
    keys = ["enrolment_code", "unit_code"]
    return plan.merge(held[[*keys, "held", "held_start"]], on=keys, how="left")


def _stands(planned: pd.DataFrame, allow_resit: bool) -> pd.Series:
    """A completed unit gets no new result (a failed one may be passed on a resit); a started one starts once."""
    resit = (planned["held"] == "failed") & (planned["status"] == "passed") & allow_resit
    completed = planned["held"].isin(["passed", "failed"]) & ~resit
    return completed | ((planned["held"] == "started") & (planned["status"] == "started"))


def _dated(rows: pd.DataFrame, rules: Rules) -> pd.DataFrame:
    """Finish = the latest graded date. Start = recorded, else expected, else the earliest grade among several
    activities, else (setting) the start of the enrolment.
    """
    first = epoch_dates(rows["first_at"], rules.timezone)
    last = epoch_dates(rows["last_at"], rules.timezone)
    start = pd.to_datetime(rows["held_start"]).where(rows["held"] == "started")
    start = start.fillna(pd.to_datetime(rows["expected_start_date"]))
    start = start.fillna(first.where(rows["several"]))
    if rules.use_enrolment_start:
        start = start.fillna(pd.to_datetime(rows["start_date"]).where(~rows["several"]))
    return rows.assign(started_on=start, finished_on=last.where(rows["status"] != "started"))


def _checked(rows: pd.DataFrame, targets: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Results without a start date, without a finish date, or that start after they finish are listed."""
    finished = rows["status"] != "started"
    faults = {
        "grade_pending": rows["status"] == "pending",
        "grade_hidden": rows["status"] == "hidden",
        "activity_not_readable": rows["status"] == "undecided",
        "needs_graded_date": finished & rows["finished_on"].isna(),
        "needs_start_date": rows["started_on"].isna(),
        "start_after_finish": rows["started_on"] > rows["finished_on"],
        "grade_out_of_range": rows["grade_percent"].abs() >= MOST_PERCENT,
    }
    code = np.select(list(faults.values()), range(1, len(faults) + 1), 0)
    bad = rows[code > 0].drop(columns=["unit_code", "place"]).join(targets, on="target")
    keys = bad["occurrence_code"] + "/" + bad["user_id"].astype("str") + "/" + bad["unit_code"]
    reasons = pd.Series(np.array(["", *faults])[code[code > 0]], index=bad.index, dtype="str")
    rejected = rejected_rows(bad["scope"], RESOURCE, keys, reasons)
    good = rows.loc[code == 0, RESULT_COLUMNS].reset_index(drop=True)
    status = good["status"].cat
    return good.assign(status=status.categories.take(status.codes)), rejected


def _unmapped(answered: pd.DataFrame, graded: pd.Series, links: pd.DataFrame) -> pd.DataFrame:
    """Activities with grades that no unit is mapped to, one row an activity."""
    ids = answered["activity_id"]
    found = answered[ids.isin(graded.unique()) & ~ids.isin(links["activity_id"])]
    keys = found["scope"] + "/" + found["activity_id"].astype("str")
    return rejected_rows(found["scope"], "activity", keys, "activity_not_mapped")
