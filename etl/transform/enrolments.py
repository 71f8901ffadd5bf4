"""Which enrolments of the administration a learner's results belong to (spec/moodle.md, What must happen)."""

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
    found = expected.merge(enrolments, on=["client_code", "occurrence_code"], how="left")
    pair = ["scope", "user_id", "occurrence_code"]
    current = found["enrolment_code"].notna() & (found["status"] != "withdrawn")
    has_current = current.groupby([found[name] for name in pair]).transform("any")
    has_any = found["enrolment_code"].notna()
    missing = found[~has_any]
    withdrawn = found[has_any & ~has_current].drop_duplicates(pair)
    rejected = combined([_listed(missing, "no_enrolment"), _listed(withdrawn, "enrolment_not_active")])
    return found[current].reset_index(drop=True), rejected


def _listed(rows: pd.DataFrame, code: str) -> pd.DataFrame:
    keys = rows["occurrence_code"] + "/" + rows["user_id"].astype("str")
    return rejected_rows(rows["scope"], RESOURCE, keys, code)
