"""The activities of Moodle courses by name, so that a person can map units to them (mart.activities)."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
from sqlalchemy import Connection as Session
from sqlalchemy import Engine

from etl import db
from etl.connectors.moodle import contract
from etl.connectors.moodle.activity_names import decode_contents
from etl.connectors.moodle.client import MoodleClient
from etl.connectors.moodle.landed import SYSTEM
from etl.engine.night import Connect
from etl.engine.sources import Source, source_named
from etl.errors import RejectRecord
from etl.load.merge import put
from etl.transform.activity_outcomes import SUPPORTED_MODULES


def name_graded(session: Session, source: Source, names: pd.DataFrame) -> None:
    """Keep the names of what has grades, as the landed reports say them, and the pass grades that were read."""
    # cmids are unique in a site: of an activity that was moved to another course the last report counts
    _keep(session, source, names.drop_duplicates("activity_id", keep="last"))


def list_course(engine: Engine, connect: Connect, source_name: str, course: str) -> list[Mapping[str, Any]]:
    """Ask a site for all activities of a course and their pass grades, keep them, and return mart.activities of it.

    Raises GiveUp or RetryLater where the site cannot be asked, RejectRecord where it does not know the course.
    """
    source = source_named(engine, SYSTEM, source_name)
    with MoodleClient(connect(source.connection_id), engine) as client:
        found = decode_contents(client.contents(course))
        usable = found.loc[found["module"].isin(SUPPORTED_MODULES), "activity_id"]
        passes = {activity: _pass_grade(client, activity) for activity in usable}
    with engine.begin() as session:
        _keep(session, source, found.assign(scope=course, grade_pass=found["activity_id"].map(passes)))
        course_of = {"source": source.source, "source_course_id": course}
        db.execute(session, "moodle/activities.gone", present=found["activity_id"].tolist(), **course_of)
        return db.rows(session, "moodle/activities.of", **course_of)


def _pass_grade(client: MoodleClient, activity: str) -> float | None:
    """None where it cannot be read, as the night finds it too."""
    try:
        return contract.decode_course_module(client.course_module(activity)).grade_pass
    except RejectRecord:
        return None


def _keep(session: Session, source: Source, found: pd.DataFrame) -> None:
    columns = ["source_course_id", "activity_id", "name", "module", "mappable", "grade_pass"]
    rows = found.rename(columns={"scope": "source_course_id"})
    rows["mappable"] = rows["module"].isin(SUPPORTED_MODULES)
    rows["grade_pass"] = rows["grade_pass"].astype("float64")
    put(session, "core.activities", rows[columns], "moodle/activities.merge", source=source.source)
