"""What people changed of a row that something follows from, and the row as it stood before (ops.audit)."""

import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import Connection as Session

from etl import db
from etl.results.why.shape import Row

_MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?[+-]\d\d:\d\d")


def of_row(session: Session, table: str, key: Mapping[str, Any]) -> list[Row]:
    """What people did to a row, newest first."""
    return db.rows(session, "results/why.changes", table_name=table, key=json.dumps(key))


def as_it_was(row: Row, changes: Sequence[Row], at: datetime) -> Row | None:
    """The row at a moment: later changes undone, the newest first. None where it was not there yet."""
    for one in changes:
        if one["changed_at"] > at:
            if one["before"] is None:
                return None
            row = {**row, **one["before"]}
    return row


def as_decisions(changes: Sequence[Row], what: str) -> list[Row]:
    """The same as decisions of people; ``what``: the row, in words."""
    return [
        {
            "decided_at": one["changed_at"],
            "decided_by": one["who"],
            "decision": f"{what} {_done(one)} ({one['through']}){_values(one['after'], ': ')}",
            "it_was": _values(one["before"], "") if one["after"] is not None else "",
            "because": None,
        }
        for one in changes
    ]


def _done(change: Row) -> str:
    if change["before"] is None:
        return "added"
    return "taken away" if change["after"] is None else "changed"


def _values(values: Mapping[str, Any] | None, before: str) -> str:
    told = ", ".join(
        f"{name.replace('_', ' ')} {_told(value)}"
        for name, value in (values or {}).items()
        if value is not None
    )
    return f"{before}{told}" if told else ""


def _told(value: Any) -> str:
    """As people write it what the audit keeps as JSON."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str) and _MOMENT.fullmatch(value):
        return f"{datetime.fromisoformat(value).astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    return str(value)
