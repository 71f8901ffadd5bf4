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
RESULT_COLUMNS: Final = [
    "enrolment_code",
    "unit_code",
    "status",
    "started_on",
    "finished_on",
    "grade_percent",
]


@dataclass(frozen=True)
class Rules:
    """The settings of one integration (sources.csv)."""

    timezone: str
    record_failed: bool
    allow_resit: bool
    use_enrolment_start: bool


@dataclass(frozen=True)
class UnitResults:
    """Results to record (RESULT_COLUMNS and scope), what stands already (a count), and rejected rows."""

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

    ``grades``: scope, user_id, activity_id, module, grade, grade_min, grade_max, graded_at (epoch s), verdict.
    ``modules``: scope, activity_id, module, grade_pass (NaN = not readable, 0 = none), tolerance.
    ``links``: scope, occurrence_code, unit_code, activity_id. ``enrolments``: see learner_enrolments.
    ``plan``: enrolment_code, unit_code, expected_start_date. ``recorded``: enrolment_code, unit_code, status,
    started_on. Rule: spec/moodle.md, What must happen (results).
    """
    links = links.assign(target=links.groupby(["scope", "occurrence_code", "unit_code"]).ngroup())
    targets = links.drop_duplicates("target").set_index("target")
    graded = grades[grades["grade"].notna()]
    blocked, problems = _blocked_targets(links, grades, modules)
    outcomes = _activity_outcomes(graded, modules)
    tallies = _tallies(outcomes, links[~links["target"].isin(blocked)])
    mapped = links.groupby("target").size()
    tallies["status"] = _status(tallies, tallies["target"].map(mapped), rules.record_failed)
    candidates = tallies.join(targets[["scope", "occurrence_code", "unit_code"]], on="target").merge(
        enrolments.drop(columns="status"), on=["scope", "user_id", "occurrence_code"]
    )
    candidates["several"] = candidates["target"].map(mapped) > 1
    planned = candidates.merge(plan, on=["enrolment_code", "unit_code"])
    fresh, standing = _without_what_stands(planned, recorded, rules.allow_resit)
    dated = _dated(fresh, rules)
    results, undated = _checked(dated)
    unmapped = _unmapped(graded, links)
    return UnitResults(results, standing, combined([problems, undated, unmapped]))


def _blocked_targets(
    links: pd.DataFrame, grades: pd.DataFrame, modules: pd.DataFrame
) -> tuple[set[int], pd.DataFrame]:
    """A unit with an activity that is missing or of a refused type gets no status, until that is mended."""
    answered = grades.drop_duplicates(["scope", "activity_id"])[["scope", "activity_id", "module"]]
    typed = pd.concat([answered, modules[["scope", "activity_id", "module"]]]).drop_duplicates(
        ["scope", "activity_id"]
    )
    state = links.merge(typed, on=["scope", "activity_id"], how="left")
    present = pd.MultiIndex.from_frame(links[["scope", "activity_id"]]).isin(
        pd.MultiIndex.from_frame(answered[["scope", "activity_id"]])
    )
    refused = (state["module"].notna() & ~state["module"].isin(SUPPORTED_MODULES)).to_numpy()
    asked = (
        links["scope"].isin(grades["scope"]).to_numpy()
    )  # an empty course says nothing about its activities
    missing = asked & ~present & ~refused
    keys = links["occurrence_code"] + "/" + links["unit_code"] + "/" + links["activity_id"].astype("str")
    listed = [
        rejected_rows(links["scope"][where], "activity_link", keys[where], code)
        for where, code in ((refused, "activity_type_not_supported"), (missing, "activity_missing"))
    ]
    return set(links["target"][refused | missing]), combined(listed)


def _activity_outcomes(graded: pd.DataFrame, modules: pd.DataFrame) -> pd.DataFrame:
    """Moodle's own verdict where it gives one; else the grade against the pass grade, with its rounding.

    Outcome 1 = passed, -1 = below, 0 = not to be decided because the pass grade is not readable.
    """
    rules = modules.set_index("activity_id")[["grade_pass", "tolerance"]]
    position = rules.index.get_indexer(pd.Index(graded["activity_id"]))
    known = position >= 0
    grade_pass = np.where(known, rules["grade_pass"].to_numpy()[position], np.nan) if len(rules) else np.nan
    tolerance = np.where(known, rules["tolerance"].to_numpy()[position], 0.0) if len(rules) else 0.0
    # Relative slack for binary fractions: 0.665 + 66.0 must not fail 66.665.
    reached = graded["grade"].to_numpy() >= grade_pass - tolerance - 1e-9
    compared = np.where(np.isnan(grade_pass), 0, np.where((grade_pass == 0) | reached, 1, -1))
    verdict = graded["verdict"].to_numpy()
    span = (graded["grade_max"] - graded["grade_min"]).to_numpy()
    with np.errstate(divide="ignore", invalid="ignore"):
        percent = np.where(span > 0, (graded["grade"] - graded["grade_min"]).to_numpy() / span * 100, np.nan)
    return pd.DataFrame(
        {
            "user_id": graded["user_id"].to_numpy(),
            "activity_id": graded["activity_id"].to_numpy(),
            "graded_at": graded["graded_at"].to_numpy(),
            "outcome": np.where(verdict != 0, verdict, compared),
            "percent": percent,
        }
    )


def _tallies(outcomes: pd.DataFrame, links: pd.DataFrame) -> pd.DataFrame:
    """One row a learner and unit with at least one grade: verdicts, dates, mean percent."""
    joined = outcomes.merge(links[["activity_id", "target"]], on="activity_id")
    dated = joined["graded_at"].where(joined["graded_at"] > 0)
    flat = pd.DataFrame(
        {
            "user_id": joined["user_id"],
            "target": joined["target"],
            "passed": joined["outcome"] == 1,
            "failed": joined["outcome"] == -1,
            "undecided": joined["outcome"] == 0,
            "first_at": dated,
            "last_at": dated,
            "grade_percent": joined["percent"],
        }
    )
    return flat.groupby(["user_id", "target"], sort=False, as_index=False).agg(
        {
            "passed": "sum",
            "failed": "sum",
            "undecided": "sum",
            "first_at": "min",
            "last_at": "max",
            "grade_percent": "mean",
        }
    )


def _status(tallies: pd.DataFrame, mapped: pd.Series, record_failed: bool) -> np.ndarray:
    failed = "failed" if record_failed else "started"
    return np.select(
        [tallies["failed"] > 0, tallies["undecided"] > 0, tallies["passed"] == mapped],
        [failed, "undecided", "passed"],
        "started",
    )


def _without_what_stands(
    candidates: pd.DataFrame, recorded: pd.DataFrame, allow_resit: bool
) -> tuple[pd.DataFrame, int]:
    """A completed unit gets no new result (a failed one may be passed on a resit); a started one starts once."""
    held = candidates.merge(
        recorded[["enrolment_code", "unit_code", "status", "started_on"]].rename(
            columns={"status": "held", "started_on": "held_start"}
        ),
        on=["enrolment_code", "unit_code"],
        how="left",
    )
    resit = (held["held"] == "failed") & (held["status"] == "passed") & allow_resit
    stands = held["held"].isin(["passed", "failed"]) & ~resit
    stands |= (held["held"] == "started") & (held["status"] == "started")
    return held[~stands].reset_index(drop=True), int(stands.sum())


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


def _checked(rows: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Results without a start date, without a finish date, or that start after they finish are listed."""
    finished = rows["status"] != "started"
    code = pd.Series(
        np.select(
            [
                rows["status"] == "undecided",
                finished & rows["finished_on"].isna(),
                rows["started_on"].isna(),
                rows["started_on"] > rows["finished_on"],
            ],
            ["activity_not_readable", "needs_graded_date", "needs_start_date", "start_after_finish"],
            "",
        ),
        index=rows.index,
        dtype="str",
    )
    bad = rows[code != ""]
    keys = bad["occurrence_code"] + "/" + bad["user_id"].astype("str") + "/" + bad["unit_code"]
    rejected = rejected_rows(bad["scope"], RESOURCE, keys, code[code != ""])
    return rows.loc[code == "", [*RESULT_COLUMNS, "scope"]].reset_index(drop=True), rejected


def _unmapped(graded: pd.DataFrame, links: pd.DataFrame) -> pd.DataFrame:
    """Activities with grades that no unit is mapped to, one row an activity."""
    found = graded.drop_duplicates(["scope", "activity_id"])
    found = found[~found["activity_id"].isin(links["activity_id"])]
    keys = found["scope"].astype("str") + "/" + found["activity_id"].astype("str")
    return rejected_rows(found["scope"], "activity", keys, "activity_not_mapped")
