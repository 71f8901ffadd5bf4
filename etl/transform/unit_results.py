"""Passed, failed or started: results of units and tasks from the grades of mapped activities.

See docs/results.md, Results of units.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from etl.transform.activity_outcomes import (
    AWAITED,
    BLOCKED,
    FAILED,
    MISSING,
    MOST_PERCENT,
    OUTDATED,
    SUPPORTED_MODULES,
    UNDECIDED,
    WITHHELD,
    activity_outcomes,
    tallies,
)
from etl.transform.dates import epoch_dates
from etl.transform.open_activities import open_activities
from etl.transform.positions import filled, numbered, numbered_rows, pairs_of, shared_codes, shared_keys
from etl.transform.rejected import combined
from etl.transform.unit_rejections import missing_activities, not_mapped, refused_types, unfit_results

RESULT_COLUMNS: Final = [
    "enrolment_code",
    "unit_code",
    "status",
    "started_on",
    "finished_on",
    "grade_percent",
]
# Why a unit gets no status, by the outcome that decides it.
_NO_STATUS: Final = {
    OUTDATED: "pass_grade_not_current",
    UNDECIDED: "activity_not_readable",
    WITHHELD: "grade_hidden",
    AWAITED: "grade_pending",
    MISSING: "activity_missing",
    BLOCKED: "blocked",  # listed with its activity, once for all learners
}
_STATUS: Final = ["started", "passed", "failed", *_NO_STATUS.values()]


@dataclass(frozen=True)
class Rules:
    """The settings of one integration (sources.csv)."""

    timezone: str
    record_failed: bool
    allow_resit: bool
    use_enrolment_start: bool


@dataclass(frozen=True)
class UnitResults:
    """Results to record (RESULT_COLUMNS), rejected rows, and what keeps units ``still_open`` (open_activities).

    Of the learners' graded units how many stand as they are, are rejected (``refused``, also with their learner or
    activity), and count for a further enrolment (``repeated``).
    """

    results: pd.DataFrame
    standing: int
    refused: int
    repeated: int
    rejected: pd.DataFrame
    still_open: pd.DataFrame


def unit_results(
    grades: pd.DataFrame,
    learners: pd.DataFrame,
    answered: pd.DataFrame,
    modules: pd.DataFrame,
    links: pd.DataFrame,
    enrolments: pd.DataFrame,
    plan: pd.DataFrame,
    recorded: pd.DataFrame,
    rules: Rules,
) -> UnitResults:
    """Passed when all mapped activities are passed, failed when any is failed, started when some are passed.

    ``grades``: scope, user_id, activity_id, item, module, grade, grade_min, grade_max, graded_at (epoch s), verdict,
    withheld (see decode_grade_report), landing_id (of the report); of an activity with several grade items the worst
    counts, and it is passed when all of them are. ``learners``: scope, user_id of everybody of them who has a
    report. ``answered``: scope, activity_id, module of what is shown of anybody in the course (see shown_activities).
    ``modules``: scope, activity_id, module, grade_pass (NaN = not readable, 0 = none), tolerance, landing_id, read_at
    (epoch s), proven (1: the course was not changed since).
    ``links``: scope, occurrence_code, unit_code, activity_id. ``enrolments``: see learner_enrolments.
    ``plan``: enrolment_code, unit_code, expected_start_date. ``recorded``: enrolment_code, unit_code, status,
    started_on. Rule: docs/results.md, Results of units.
    """
    targets, links = _targets(links)
    blocked, problems = _blocked_targets(links, answered, learners, modules)
    outcomes = activity_outcomes(grades, answered, modules, learners, links)
    rated = tallies(outcomes, links)
    rated["worst"] = rated["worst"].mask(rated["target"].isin(blocked), BLOCKED)
    theirs = _of_enrolments(rated, targets, enrolments, rules.record_failed)
    known = _with_plan_and_record(theirs, targets, enrolments, plan, recorded)
    held = stands(known, rules.allow_resit)
    results, unfit = _checked(_dated(known[~held], rules))
    unmapped = outcomes.loc[~outcomes["activity_id"].isin(links["activity_id"]), "activity_id"]
    listed = unfit[unfit["reason"] != _NO_STATUS[BLOCKED]]
    first = ~theirs.loc[_graded(theirs), ["user_id", "target"]].duplicated()
    homeless = int(_graded(rated).sum()) - int(first.sum())  # their learner is listed
    return UnitResults(
        results,
        standing=int((_graded(known) & held).sum()),
        refused=homeless + int(_graded(unfit).sum()) + len(unmapped),
        repeated=int((~first).sum()),
        rejected=combined([problems, unfit_results(listed, targets), not_mapped(answered, unmapped)]),
        still_open=open_activities(known, outcomes, links),
    )


def shown_activities(grades: pd.DataFrame) -> pd.DataFrame:
    """The activities that reports show of anybody: scope, activity_id, module."""
    shown = grades.drop_duplicates(["scope", "activity_id"])[["scope", "activity_id", "module"]]
    return shown.astype({"scope": "str", "module": "str"}).reset_index(drop=True)


def _graded(rows: pd.DataFrame) -> pd.Series:
    """Of which units a grade came in; the others only lack an activity."""
    return rows["graded"] > 0


def _targets(links: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The units of occurrences that activities count for, with the number of these; and the links with that row.

    Rows and numbers instead of codes: comparing the codes of every result is what would take the time.
    """
    unit = ["scope", "occurrence_code", "unit_code"]
    target, place = numbered_rows(links[unit]), numbered_rows(links[unit[:-1]])
    first = np.flatnonzero(~links.duplicated(unit))
    targets = links[unit].take(first).assign(activities=np.bincount(target), place=place[first])
    return targets.reset_index(drop=True), links.assign(target=target)


def _blocked_targets(
    links: pd.DataFrame, answered: pd.DataFrame, learners: pd.DataFrame, modules: pd.DataFrame
) -> tuple[set[int], pd.DataFrame]:
    """A unit with an activity that is missing or of a refused type gets no status, until that is mended."""
    *told, mapped = shared_keys(["scope", "activity_id"], answered, modules, links)
    keys = np.concatenate(told)
    first = np.flatnonzero(~pd.Series(keys).duplicated())  # the answered ones come first
    state = pd.Index(keys[first]).get_indexer(mapped)
    types = pd.concat([answered["module"], modules["module"]], ignore_index=True)
    module = filled(types.take(first), state).set_axis(links.index)
    refused = module.notna() & ~module.isin(SUPPORTED_MODULES)
    asked = links["scope"].isin(learners["scope"].unique())  # without learners nobody has grade items
    shown = (state >= 0) & (np.append(first, 0)[state] < len(answered))
    missing = asked & ~shown & ~refused
    listed = [refused_types(links[refused], module[refused]), missing_activities(links[missing])]
    return set(links["target"][refused | missing]), combined(listed)


def _of_enrolments(
    tallies: pd.DataFrame, targets: pd.DataFrame, enrolments: pd.DataFrame, record_failed: bool
) -> pd.DataFrame:
    """The status of each unit for each enrolment (``enrolment``: its position) that its learner has in the occurrence
    of the unit.
    """
    target, user = tallies["target"].to_numpy(), tallies["user_id"].to_numpy()
    theirs, held = _placed(targets, enrolments)
    places = int(targets["place"].max() + 1) if len(targets) else 1
    learner, known = numbered(user)
    holder = pd.Index(known).get_indexer(enrolments["user_id"].take(theirs))
    met = holder >= 0
    keys = learner * places + targets["place"].to_numpy()[target]
    row, place = pairs_of(keys, (holder * places + held)[met])
    enrolment = theirs[met][place]
    rated = tallies.take(row).reset_index(drop=True)
    activities = targets["activities"].take(target[row]).reset_index(drop=True)
    return rated.assign(
        enrolment=enrolment,
        several=activities > 1,
        status=_status(rated, activities, record_failed),
        unit_code=targets["unit_code"].take(target[row]).array,
        **{name: enrolments[name].take(enrolment).array for name in ("enrolment_code", "start_date")},
    )


def _placed(targets: pd.DataFrame, enrolments: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """The enrolments, by position, in the occurrences of units, each with its ``place``."""
    places = targets.drop_duplicates("place")
    scope, theirs = shared_codes(enrolments["scope"], places["scope"])
    occurrence, held = shared_codes(enrolments["occurrence_code"], places["occurrence_code"])
    several = max(occurrence.max(initial=0), held.max(initial=0)) + 1
    row, place = pairs_of(scope * several + occurrence, theirs * several + held)
    return row, places["place"].to_numpy()[place]


def _status(rated: pd.DataFrame, mapped: pd.Series, record_failed: bool) -> pd.Categorical:
    worst = {**_NO_STATUS, FAILED: "failed" if record_failed else "started"}
    decides = rated["worst"].to_numpy()
    rules = [*(decides == outcome for outcome in worst), (rated["graded"] == mapped).to_numpy()]
    codes = np.select(rules, [_STATUS.index(status) for status in (*worst.values(), "passed")], 0)
    return pd.Categorical.from_codes(codes, pd.Index(_STATUS, dtype="str"))


def _with_plan_and_record(
    rows: pd.DataFrame,
    targets: pd.DataFrame,
    enrolments: pd.DataFrame,
    plan: pd.DataFrame,
    recorded: pd.DataFrame,
) -> pd.DataFrame:
    """What the training plan says of each unit (planned, expected_start_date), and what is recorded of it already
    (held, held_start). A unit outside the plan that only lacks an activity is nobody's business.
    """
    known = [plan, recorded]
    enrolment, *theirs = shared_codes(enrolments["enrolment_code"], *(one["enrolment_code"] for one in known))
    unit, *units = shared_codes(targets["unit_code"], *(one["unit_code"] for one in known))
    several = max(codes.max(initial=0) for codes in (unit, *units)) + 1
    keys = enrolment[rows["enrolment"]] * several + unit[rows["target"]]
    planned, held = (
        pd.Index(their * several + code).get_indexer(keys) for their, code in zip(theirs, units, strict=True)
    )
    told = rows.assign(
        planned=planned >= 0,
        expected_start_date=filled(plan["expected_start_date"], planned),
        held=filled(recorded["status"], held),
        held_start=filled(recorded["started_on"], held),
    )
    kept: pd.DataFrame = told[(planned >= 0) | (told["graded"] > 0)]
    return kept


def stands(planned: pd.DataFrame, allow_resit: bool) -> pd.Series:
    """A completed unit gets no new result (a failed one may be passed on a resit); a started one starts once.

    The same rule as the warehouse's core.stands, which guards what is recorded meanwhile.
    """
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


def _checked(rows: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Results to record, and those that cannot be, with the reason."""
    status = rows["status"].cat.codes.to_numpy()
    finished = status != _STATUS.index("started")
    faults = {
        "unit_not_in_plan": ~rows["planned"],
        **{reason: status == _STATUS.index(reason) for reason in _NO_STATUS.values()},
        "needs_graded_date": finished & rows["finished_on"].isna(),
        "needs_start_date": rows["started_on"].isna(),
        "start_after_finish": rows["started_on"] > rows["finished_on"],
        "grade_out_of_range": rows["grade_percent"].abs() >= MOST_PERCENT,
    }
    code = np.select([np.asarray(one) for one in faults.values()], range(1, len(faults) + 1), 0)
    unfit = rows[code > 0].assign(reason=np.array(["", *faults])[code[code > 0]])
    good = rows.loc[code == 0, RESULT_COLUMNS].reset_index(drop=True)
    named = good["status"].cat
    return good.assign(status=named.categories.take(named.codes)), unfit
