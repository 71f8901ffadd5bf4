"""Import a reference set: all of it or, when anything is wrong, nothing (docs/reference-files.md)."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from sqlalchemy import Connection as Session
from sqlalchemy import Engine, text

from etl import db
from etl.errors import InvalidInput
from etl.files.columns import File
from etl.files.problems import Problem
from etl.load import audit
from etl.load.merge import stage
from etl.reference import doubts, held
from etl.reference.beside import Beside
from etl.reference.checking import problems_with
from etl.reference.reading import read_set


@dataclass(frozen=True)
class Imported:
    """Rows of one file: read = written + unchanged; closed = rows that the file no longer states.

    ``taken_over``: of the written ones those that a system stated, and a person from now on.
    """

    read: int
    written: int
    unchanged: int
    closed: int
    taken_over: int = 0


def import_set(
    engine: Engine,
    directory: Path,
    warn: Callable[[Problem], None] = lambda _: None,
    by: str = "",
    seen: int | None = None,
) -> dict[str, Imported]:
    """Make the tables of the files in ``directory`` equal to them, in one transaction.

    Raises InvalidInput with a line for every problem, and then nothing is imported. A second identical
    import writes nothing. A run that goes on meanwhile sees either all of the import or nothing of it.
    ``warn`` is told what was perhaps not meant; ``by``: who imports, by default whoever runs this program. ``seen``:
    the ``version`` of what stood when the set was checked; raises InvalidInput where something was changed since.
    """
    reference_set = read_set(directory)
    with engine.begin() as session:
        db.rows(session, "reference/files.lock")
        if seen not in (None, version(session)):
            raise InvalidInput("reference data was changed since the set was checked: check it again")
        audit.by(session, by, "import")
        problems = problems_with(reference_set, session)
        if problems:
            raise InvalidInput("\n".join(map(str, problems)))
        warnings = doubts.doubts(Beside(reference_set, session))
        imported = {file.filename: _import(session, file, frame) for file, frame in reference_set.files()}
    for name, rows in imported.items():
        warnings += doubts.large_close(name, rows.read, rows.closed)
        warnings += doubts.take_over(name, rows.taken_over)
    for warning in warnings:
        warn(warning)
    return imported


def version(session: Session) -> int:
    """What tells whether reference data is still what somebody saw."""
    return int(db.rows(session, "reference/files.version")[0]["version"])


def _import(session: Session, file: File, frame: pd.DataFrame) -> Imported:
    stage(session, file.table, frame)
    session.execute(text("analyze staged"))
    taken_over = held.run(session, "take_over", file)
    written, added = held.counts(session, "merge", file)
    closed = held.run(session, "close", file)
    counted = {"read": len(frame), "added": added, "changed": written - added, "closed": closed}
    audit.keep_file(session, file.table, counted)
    if written:
        held.run(session, "analyze", file)  # the next run plans its queries on these tables
    return Imported(len(frame), written, len(frame) - written, closed, taken_over)
