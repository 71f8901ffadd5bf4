"""What came in with the answers of a site, counted before anything is made of it.

See docs/design.md, Nothing disappears.
"""

import numpy as np
import pandas as pd

from etl.transform.activity_outcomes import is_told
from etl.transform.positions import numbered, numbered_rows, pairs_of


def came_in(grades: pd.DataFrame, links: pd.DataFrame, completed: pd.DataFrame) -> int:
    """Rows that have to come out again: units of a learner with a grade, grades of activities without a unit, and
    completions.

    ``grades``: user_id, activity_id, grade, withheld. ``links``: occurrence_code, unit_code, activity_id.
    """
    told = np.flatnonzero(is_told(grades))
    user, activity = (grades[name].to_numpy()[told] for name in ("user_id", "activity_id"))
    unit = numbered_rows(links[["scope", "occurrence_code", "unit_code"]])
    rows, link = pairs_of(activity, links["activity_id"].to_numpy())
    learner, users = numbered(user[rows])
    _, units = numbered(unit[link] * len(users) + learner)
    unmapped = len(told) - int(np.count_nonzero(np.diff(rows, prepend=-1)))
    return len(units) + unmapped + len(completed)
