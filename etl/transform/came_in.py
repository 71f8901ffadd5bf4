"""What came in with the answers of a site, counted before anything is made of it.

See docs/design.md, Nothing disappears.
"""

import pandas as pd

from etl.transform.activity_outcomes import is_told


def came_in(grades: pd.DataFrame, links: pd.DataFrame, completed: pd.DataFrame) -> int:
    """Rows that have to come out again: units of a learner with a grade, grades of activities without a unit, and
    completions.

    ``grades``: user_id, activity_id, grade, withheld. ``links``: occurrence_code, unit_code, activity_id.
    """
    told = grades.loc[is_told(grades), ["user_id", "activity_id"]]
    mapped = told["activity_id"].isin(links["activity_id"])
    unit = ["scope", "occurrence_code", "unit_code"]
    numbered = links[["activity_id"]].assign(unit=links.groupby(unit).ngroup())
    units = told[mapped].merge(numbered, on="activity_id")[["user_id", "unit"]]
    return len(units.drop_duplicates()) + int((~mapped).sum()) + len(completed)
