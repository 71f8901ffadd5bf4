"""Export the reference tables as a set that imports to the same (docs/reference-files.md)."""

import os
from pathlib import Path

from sqlalchemy import Connection as Session
from sqlalchemy import Engine, text

from etl import db
from etl.files.columns import Column, File
from etl.reference import held
from etl.reference.spec import FILES


def export_set(engine: Engine, directory: Path) -> dict[str, int]:
    """Write every reference file to ``directory``, as it stands at one moment. Returns the rows of each file.

    An optional column is left out of a file while no row says anything in it but its default.
    """
    directory.mkdir(parents=True, exist_ok=True)
    at_one_moment = engine.execution_options(isolation_level="REPEATABLE READ")
    with at_one_moment.begin() as session:
        session.execute(text("set local datestyle to iso"))
        return {file.filename: _export(session, file, directory) for file in FILES}


def _export(session: Session, file: File, directory: Path) -> int:
    columns = [column.name for column in file.columns if _says_something(session, file, column)]
    statement = held.statement("export", file, texts=held.exported(columns))
    unfinished = directory / f".{file.filename}.unfinished"
    with unfinished.open("wb") as stream, db.driver_cursor(session) as cursor:
        cursor.copy_expert(statement, stream)
        exported = int(cursor.rowcount)
    os.replace(unfinished, directory / file.filename)
    return exported


def _says_something(session: Session, file: File, column: Column) -> bool:
    if not column.may_be_absent:
        return True
    return bool((held.values(session, file, column.name) != column.default).any())
