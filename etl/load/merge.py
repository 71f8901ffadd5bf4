"""Loads merge on business keys: stage by COPY, then one guarded statement (docs/design.md, Nothing twice)."""

from dataclasses import dataclass
from typing import Any

import pandas as pd
from sqlalchemy import Connection as Session
from sqlalchemy import text

from etl import db


@dataclass(frozen=True)
class Merged:
    """How many staged rows were written and how many were there already."""

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


def merge(session: Session, table: str, frame: pd.DataFrame, statement: str, **parameters: Any) -> Merged:
    """Stage ``frame`` and run a statement, which writes only rows that differ.

    The statement reads ``staged``; a second identical run writes 0 rows.
    """
    if frame.empty:
        return Merged(0, 0)
    stage(session, table, frame)
    written = db.execute(session, statement, **parameters)
    return Merged(written, len(frame) - written)
