"""Which enrolments of the administration a learner's results belong to (docs/results.md, Enrolments)."""

import pandas as pd

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
    expected = matched.merge(courses, on="scope")
    theirs = (
        enrolments if len(expected) else enrolments.iloc[:0]
    )  # of nobody: the keys of all need not be sorted out
    found = expected.merge(theirs, on=["client_code", "occurrence_code"], how="left")
    none, withdrawn = found["enrolment_code"].isna(), found["status"] == "withdrawn"
    current = found[~none & ~withdrawn].reset_index(drop=True)
    pair = ["scope", "user_id", "occurrence_code"]
    ended = found[withdrawn].drop_duplicates(pair)
    others = current.loc[current["user_id"].isin(ended["user_id"]), pair]
    ended = ended.merge(others, on=pair, how="left_anti")
    rejected = combined([_listed(found[none], "no_enrolment"), _listed(ended, "enrolment_not_active")])
    return current, rejected


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
    keys = rows["occurrence_code"] + "/" + rows["user_id"].astype("str")
    return rejected_rows(rows["scope"], RESOURCE, keys, code, rows["user_id"])
