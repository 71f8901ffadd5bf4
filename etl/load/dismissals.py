"""Rejected rows about which a person says that nothing is to be done (docs/design.md, Nothing disappears).

Such a row is listed as open no more, and keeps who said so and why. It stays what it is for the flows: it is resolved
when its cause goes, and is a new one when the cause comes again.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection as Session
from sqlalchemy import Engine

from etl import db
from etl.errors import InvalidInput
from etl.load import audit
from etl.load.audit import Through


@dataclass(frozen=True)
class ChosenRejections:
    """Rows of a source that were rejected for one reason: all of them, or the one with this key."""

    source: str
    reason_code: str
    record_key: str | None = None


def open_rows(engine: Engine, source: str | None, reason_code: str | None) -> list[Mapping[str, Any]]:
    """What is open and not dismissed, oldest first."""
    with engine.connect() as session:
        return db.rows(session, "load/dismissals.open", source=source, reason_code=reason_code)


def dismiss(
    engine: Engine,
    chosen: ChosenRejections,
    by: str,
    because: str,
    seen_until: datetime | None = None,
    through: Through = "command",
) -> int:
    """Nothing is to be done about these; returns how many they were.

    ``seen_until``: only those that somebody who decides at this moment can have seen. Raises InvalidInput where it is
    not said who decides and why, or where there is nothing open to dismiss, with who dismissed it already.
    """
    if not (by.strip() and because.strip()):
        raise InvalidInput("say who decides and why")
    said = {"by": by.strip(), "because": because.strip(), "seen_until": seen_until}
    with engine.begin() as session:
        audit.by(session, by, through)
        return _decided(session, "load/dismissals.dismiss", chosen, "open", **said)


def restore(engine: Engine, chosen: ChosenRejections, by: str = "", through: Through = "command") -> int:
    """List dismissed rows as open again; returns how many they were. Raises InvalidInput where there is none."""
    with engine.begin() as session:
        audit.by(session, by, through)
        return _decided(session, "load/dismissals.restore", chosen, "dismissed")


def _decided(session: Session, statement: str, chosen: ChosenRejections, state: str, **said: Any) -> int:
    which = asdict(chosen)
    decided = db.execute(session, statement, **which, **said)
    if not decided:
        named = f" {chosen.record_key}" if chosen.record_key else ""
        already = db.rows(session, "load/dismissals.already", **which) if state == "open" else []
        by_whom = "".join(
            f"; {one['dismissed_by']} dismissed it already: {one['dismissed_because']}" for one in already
        )
        raise InvalidInput(
            f"{chosen.source}, {chosen.reason_code}{named}: there is no row that is {state}{by_whom}"
        )
    return decided
