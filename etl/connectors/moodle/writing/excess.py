"""More is due to a site than one run may send: the run that meets it is red, and no other one until the number changes.

It stays among what needs a person (mart.attention) until somebody confirms it, or it is no longer so.
"""

from sqlalchemy import Connection as Session

from etl import db
from etl.connectors.moodle.writing.settings import WritingSettings
from etl.errors import GiveUp


def hold_back(session: Session, site: WritingSettings, due: int, too_many: GiveUp, run_id: str) -> bool:
    """Keep that so much is due; returns whether this run is the first to meet this number."""
    given = {"source": site.source, "due": due, "at_most": site.at_most, "problem": str(too_many)}
    [said] = db.rows(session, "moodle/writing.hold_back", **given, run_id=run_id)
    return str(said["run_id"]) == run_id


def let_go(session: Session, site: WritingSettings) -> None:
    """No more is due than may be sent, or a person confirmed it."""
    db.execute(session, "moodle/writing.let_go", source=site.source)
