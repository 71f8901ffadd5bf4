"""The activities that keep started units open, as the last derivation of their course found them."""

from collections.abc import Sequence

import pandas as pd
from sqlalchemy import Connection as Session

from etl import db
from etl.load.merge import stage

_COLUMNS = ["source_course_id", "enrolment_code", "unit_code", "activity_id", "state"]


def replace(
    session: Session,
    source: str,
    courses: Sequence[str],
    found: pd.DataFrame,
    clients: Sequence[str] | None = None,
) -> None:
    """Make ``found`` (see etl.transform.open_activities) what is open in these courses, of everybody or, of each, of
    the client beside it; the same writes nothing.
    """
    stage(session, "core.open_activities", found.rename(columns={"scope": "source_course_id"})[_COLUMNS])
    db.execute(session, "load/courses.elsewhere_activities", source=source)
    db.execute(
        session, "load/courses.close_activities", source=source, courses=list(courses), clients=clients
    )
    db.execute(session, "load/courses.merge_activities", source=source)
