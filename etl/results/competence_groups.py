"""How many people hold something of each group of the competence tree, and how much of it ends soon.

Counting reads every period, so what was counted is kept: until something of a main group changes (the database marks
it, whoever changed it) or a day begins. It is never shown when it is older.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Connection as Session
from sqlalchemy import Engine

from etl import db

_LOCK: Final = "competence groups"


def of_groups(engine: Engine) -> Sequence[Mapping[str, Any]]:
    """Each group with its counts of now, in the order of the tree."""
    with engine.begin() as session:
        db.execute(session, "load/locks.take", lock=_LOCK)
        _count_again(session)
        return db.rows(session, "results/competence_groups.standing")


def count_ahead(session: Session) -> None:
    """Count what changed, so that nobody who looks waits for it; where somebody counts already, whoever looks does."""
    if db.rows(session, "load/locks.take_if_free", lock=_LOCK)[0]["taken"]:
        _count_again(session)


def _count_again(session: Session) -> None:
    """Count the main groups of which something changed since they were counted, or that were not counted today."""
    changed = [row["competence_code"] for row in db.rows(session, "results/competence_groups.take")]
    found = db.rows(session, "results/competence_groups.due", changed=changed)
    if inside := [row["competence_code"] for row in found]:
        db.execute(session, "results/competence_groups.forget", inside_of=inside)
        db.execute(session, "results/competence_groups.count", inside_of=inside)
