"""What a run does about messages: lists those that cannot be used, and forgets what was kept long enough."""

import pandas as pd
from sqlalchemy import Connection as Session

from etl import db, settings
from etl.load import rejections

_RESOURCE = "message"
_SCOPE = ""  # an integration is listed as a whole


def list_unusable(session: Session, run_id: str, flow: str) -> int:
    """List the messages that cannot be used, one line a record, and return how many there are.

    A line is resolved when a later message of the same person and course can be used, or its own is forgotten; one that
    a person dismissed is open again when another such message came.
    ``flow`` lists them as a part of its own, since other steps of it list completions.
    """
    part = f"{flow}/messages"
    found = db.query(session, "engine/webhooks.unusable")
    rows = found.assign(scope=_SCOPE, resource=_RESOURCE)
    listed = {row["integration"] for row in db.rows(session, "engine/webhooks.listed", flow=part)}
    for integration in sorted(listed | set(found["integration"])):
        of_it: pd.DataFrame = rows.loc[rows["integration"] == integration, rejections.COLUMNS]
        rejections.replace(session, run_id, part, integration, [_SCOPE], of_it, anew=False)
        db.execute(session, "engine/webhooks.relist", flow=part, integration=integration)
    return len(found)


def forget(session: Session) -> int:
    """Delete bodies and lines of the log that are past retention; returns how many bodies. What they say stays."""
    days = settings.WEBHOOK_RETENTION_DAYS.get()
    db.execute(session, "engine/webhooks.forget_log", days=days)
    return db.execute(session, "engine/webhooks.forget_bodies", days=days)
