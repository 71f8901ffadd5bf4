"""The landed answers that a completion of ILIAS was read of."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection as Session

from etl import db
from etl.load import landing


def answers(session: Session, completion_id: int) -> list[Mapping[str, Any]]:
    """The answer that showed it first, those about the person's numbers, and the mark that was known then."""
    found = db.rows(session, "ilias/why.answers", completion_id=completion_id)
    return landing.shown(session, [row["landing_id"] for row in found])
