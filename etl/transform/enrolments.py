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
    none, withdrawn = found["enrolment_code"].isna(), found["status"] == "withdrawn"
    current = found[~none & ~withdrawn].reset_index(drop=True)
    pair = ["scope", "user_id", "occurrence_code"]
    ended = found[withdrawn].drop_duplicates(pair)
    others = current.loc[current["user_id"].isin(ended["user_id"]), pair]
    ended = ended.merge(others, on=pair, how="left_anti")
    rejected = combined([_listed(found[none], "no_enrolment"), _listed(ended, "enrolment_not_active")])
    return current, rejected


def _listed(rows: pd.DataFrame, code: str) -> pd.DataFrame:
    keys = rows["occurrence_code"] + "/" + rows["user_id"].astype("str")
    return rejected_rows(rows["scope"], RESOURCE, keys, code)
