"""Who changes what: whoever opens a transaction for a person says so, and the database keeps every row it changes.

A night says nothing, and leaves nothing. Tables are audited by ``ops.audit_table`` (sql/migrations).
"""

import getpass
import os
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection as Session

from etl import db

Through = Literal["page", "command", "import"]


def by(session: Session, who: str, through: Through | None = None) -> None:
    """Until the end of the transaction, what changes is changed by this person.

    ``through``: None is what this transaction was told before, else a command.
    """
    db.rows(session, "load/audit.by", who=who.strip() or user(), through=through)


def user() -> str:
    """Whoever runs this program, as the operating system knows them."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container may run as a number without a name
        return f"user {os.getuid()}"


def keep_file(session: Session, table: str, counted: Mapping[str, int]) -> None:
    """Keep that the transaction's person imported a file of this table, with what that did."""
    db.execute(session, "load/audit.keep_file", table_name=table, **counted)


def changes(
    session: Session, who: str | None, table: str | None, since: datetime | None, most: int
) -> list[Mapping[str, Any]]:
    """What people changed, newest first; ``table`` with or without its schema."""
    return db.rows(session, "load/audit.changes", who=who, table=table, since=since, most=most)
