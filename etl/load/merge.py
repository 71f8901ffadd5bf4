"""Loads merge on business keys: stage by COPY, then one guarded statement (docs/design.md, Nothing twice)."""

from dataclasses import dataclass
from typing import Any

import pandas as pd
from sqlalchemy import Connection as Session
from sqlalchemy import text

from etl import db


@dataclass(frozen=True)
class Merged:
    """How many staged rows were written, and how many stand in the table as they were."""

    written: int
    unchanged: int


def stage(session: Session, table: str, frame: pd.DataFrame) -> None:
    """COPY ``frame`` into a temporary table ``staged`` shaped like its columns of ``table``, or of a join
    of tables, until commit.
    """
    columns = ", ".join(frame.columns)
    session.execute(text("drop table if exists staged"))
    session.execute(
        text(f"create temporary table staged on commit drop as select {columns} from {table} with no data")  # noqa: S608
    )
    db.copy(session, "staged", frame)


def put(session: Session, table: str, frame: pd.DataFrame, statement: str, **parameters: Any) -> int:
    """Stage ``frame`` and run a statement, which reads ``staged`` and writes only rows that differ: a second identical
    run writes 0 rows. Returns how many were written.
    """
    if frame.empty:
        return 0
    stage(session, table, frame)
    return db.execute(session, statement, **parameters)


def merge(session: Session, table: str, frame: pd.DataFrame, name: str, **parameters: Any) -> Merged:
    """Put ``frame`` into ``table`` by the statement ``<name>_merge`` and count what became of its rows.

    What stands is counted by ``<name>_standing`` in the table itself, not inferred from what was written: a row that
    got lost on the way into the database is in neither count. It is counted first, when a first night finds nothing to
    count, and under a lock, so that nobody writes in between.
    """
    if frame.empty:
        return Merged(0, 0)
    stage(session, table, frame)
    standing = db.rows(session, f"{name}_standing", **parameters)[0]["standing"]
    return Merged(db.execute(session, f"{name}_merge", **parameters), standing)
