"""What an import would do, before it is done (docs/reference-files.md)."""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from sqlalchemy import Connection as Session
from sqlalchemy import Engine

from etl.files.columns import File
from etl.files.problems import Problem
from etl.load.merge import stage
from etl.reference import doubts, held
from etl.reference.beside import Beside
from etl.reference.checking import problems_with
from etl.reference.reading import read_set


@dataclass(frozen=True)
class Changes:
    """Rows of one file: those it states, and how many of its table are new, changed or no longer stated (closed).

    ``taken_over``: of the changed ones those that a system states, and a person after the import.
    """

    rows: int
    new: int
    changed: int
    closed: int
    taken_over: int = 0


@dataclass(frozen=True)
class Preview:
    """What is wrong with a set; where nothing is, what it would change, by file, and what may not be meant."""

    problems: list[Problem]
    changes: dict[str, Changes]
    warnings: list[Problem]


def preview(directory: Path, engine: Engine) -> Preview:
    """Check a set as ``check`` does and count what its import would change. Nothing is imported."""
    reference_set = read_set(directory)
    with engine.connect() as session:  # it is never committed: the staged rows go with it
        problems = problems_with(reference_set, session)
        if problems:
            return Preview(problems, {}, reference_set.warnings)
        changes = {file.filename: _changes(session, file, frame) for file, frame in reference_set.files()}
        warnings = doubts.doubts(Beside(reference_set, session))
    for name, file_changes in changes.items():
        warnings += doubts.large_close(name, file_changes.rows, file_changes.closed)
        warnings += doubts.take_over(name, file_changes.taken_over)
    return Preview([], changes, warnings)


def _changes(session: Session, file: File, frame: pd.DataFrame) -> Changes:
    stage(session, file.table, frame)
    written, changed, closed = held.counts(session, "changes", file)
    [taken_over] = held.counts(session, "taken_over", file)
    return Changes(len(frame), written - changed, changed, closed, taken_over)
