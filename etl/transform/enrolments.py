"""Which enrolments of the administration a learner's results belong to (docs/results.md, Enrolments)."""

import numpy as np
import pandas as pd

from etl.transform.positions import pairs_of, shared_codes
from etl.transform.rejected import combined, rejected_rows

RESOURCE = "enrolment"


def learner_enrolments(
    matched: pd.DataFrame, courses: pd.DataFrame, enrolments: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The enrolments that are not withdrawn, of each matched learner in the occurrences of the course.

    ``matched``: scope, user_id, client_code. ``courses``: scope, occurrence_code. ``enrolments``: enrolment_code,
    client_code, occurrence_code, status, start_date. Returns scope, user_id, client_code, occurrence_code,
    enrolment_code, status, start_date, and rejected (no_enrolment, enrolment_not_active).
    """
    learner, course = pairs_of(*shared_codes(matched["scope"], courses["scope"]))
    client, holder = shared_codes(matched["client_code"], enrolments["client_code"])
    occurrence, place = shared_codes(courses["occurrence_code"], enrolments["occurrence_code"])
    several = max(occurrence.max(initial=0), place.max(initial=0)) + 1
    expected, held = pairs_of(client[learner] * several + occurrence[course], holder * several + place)
    none = np.ones(len(learner), dtype=bool)
    none[expected] = False
    withdrawn = (enrolments["status"] == "withdrawn").to_numpy()[held]
    current, ended = (
        _enrolled(matched, enrolments, learner[expected[which]], held[which])
        for which in (~withdrawn, withdrawn)
    )
    missed = matched.take(learner[none]).assign(
        occurrence_code=courses["occurrence_code"].take(course[none]).array
    )
    rejected = combined(
        [_listed(missed, "no_enrolment"), _listed(_nothing_else(ended, current), "enrolment_not_active")]
    )
    return current, rejected


def _enrolled(
    matched: pd.DataFrame, enrolments: pd.DataFrame, learner: np.ndarray, held: np.ndarray
) -> pd.DataFrame:
    """The enrolments of learners, both by position."""
    theirs = matched.take(learner).reset_index(drop=True)
    held_by_them = enrolments.drop(columns="client_code").take(held).reset_index(drop=True)
    return pd.concat([theirs, held_by_them], axis=1)


def _nothing_else(ended: pd.DataFrame, current: pd.DataFrame) -> pd.DataFrame:
    """Withdrawn enrolments of learners who have no other in the occurrence, one of each."""
    if ended.empty:
        return ended
    pair = ["scope", "user_id", "occurrence_code"]
    others = current.loc[current["user_id"].isin(ended["user_id"]), pair]
    return ended.drop_duplicates(pair).merge(others, on=pair, how="left_anti")


def not_enrolled(absent: pd.DataFrame) -> pd.DataFrame:
    """Participants of whom the source tells nothing although their enrolment is active, as rejected rows.

    ``absent``: their enrolments, see learner_enrolments.
    """
    return _listed(absent[absent["status"] == "active"], "not_enrolled")


def courses_without_learners(
    courses: pd.DataFrame, enrolments: pd.DataFrame, learners: pd.DataFrame
) -> pd.DataFrame:
    """Courses in which nobody has a grade report although enrolments are active, as rejected rows (no_learners).

    ``courses``: scope, occurrence_code. ``enrolments``: occurrence_code, status. ``learners``: scope.
    """
    # Each value once: isin takes texts one by one.
    active = enrolments.loc[enrolments["status"] == "active", "occurrence_code"].unique()
    expected = courses.loc[courses["occurrence_code"].isin(active), "scope"].drop_duplicates()
    empty = expected[~expected.isin(learners["scope"].unique())]
    return rejected_rows(empty, "course", empty, "no_learners")


def _listed(rows: pd.DataFrame, code: str) -> pd.DataFrame:
    keys = rows["occurrence_code"], rows["user_id"]
    return rejected_rows(rows["scope"], RESOURCE, keys, code, rows["user_id"])
