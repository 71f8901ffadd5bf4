"""One row of a reference file that a person enters, changes or removes; judged and written as an import of the file
with that row would (docs/reference-files.md).
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

import pandas as pd
from sqlalchemy import Connection as Session
from sqlalchemy import Engine

from etl import db
from etl.errors import InvalidInput
from etl.files.columns import File
from etl.files.problems import Problem
from etl.load import audit
from etl.load.audit import Through
from etl.load.merge import stage
from etl.reference import doubts, held
from etl.reference.beside import Beside
from etl.reference.checking import problems_with
from etl.reference.reading import ReferenceSet, with_defaults
from etl.reference.spec import FILES

Row = Mapping[str, str]  # each column as its file holds it; empty where it says nothing

_THE_ROW: Final = 1  # its line among those that stand, which have numbers below 0


class WrongRow(InvalidInput):
    """A row that was not taken; ``reasons``: what is wrong, by column ("" for the row as a whole)."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.reasons: dict[str, str] = {}
        for one in problems:
            self.reasons.setdefault(one.column, one.reason)
        said = "; ".join(f"{column}: {why}" if column else why for column, why in self.reasons.items())
        super().__init__(f"Nothing was changed: {said}")


@dataclass(frozen=True)
class Entered:
    """What became of a row: whether anything was written, and what of it is perhaps not meant."""

    written: bool
    doubts: list[str]


def file_named(name: str) -> File:
    """A reference file. Raises InvalidInput with the names there are."""
    for file in FILES:
        if file.name == name:
            return file
    raise InvalidInput(f"there is no reference file {name}; there are {', '.join(one.name for one in FILES)}")


def standing(session: Session, file: File, key: Row) -> Row | None:
    """The row of this key as it stands, if it does."""
    kinds = {column.name: column.kind for column in file.columns}
    sought = {name: key.get(name, "").strip() for name in file.key}
    if any("\0" in said or kinds[name](said) for name, said in sought.items()):
        return None  # not to be asked of the database: no row has such a key
    return held.of_key(session, file, [*sought.values()])


def version(row: Row | None) -> str:
    """What tells whether a row is still the one that somebody saw; empty for none."""
    if row is None:
        return ""
    return hashlib.sha256(json.dumps(row, sort_keys=True).encode()).hexdigest()[:16]


def enter(
    engine: Engine, file: File, row: Row, by: str, through: Through = "command", seen: str | None = None
) -> Entered:
    """Have this row stand, in place of the one of its key if there is one. Columns that it lacks say nothing.

    ``seen``: the ``version`` that whoever decides has seen; None where it does not matter. Raises WrongRow, or
    InvalidInput where another row stands by now, and then nothing is changed.
    """
    new = _frame(file, row)
    with engine.begin() as session:
        others, _ = _begin(session, file, row, by, through, seen)
        together = ReferenceSet({file.name: pd.concat([others, new])}, _referred(file), [], [])
        if wrong := [one for one in problems_with(together, session) if one.line >= 0]:
            raise WrongRow(wrong)
        doubted = [one for one in doubts.doubts(Beside(together, session)) if one.line == _THE_ROW]
        stage(session, file.table, new)
        doubted += doubts.take_over(file.filename, held.run(session, "take_over", file))
        written, _ = held.counts(session, "merge", file)
    said = [f"{one.column}: {one.reason}" if one.column else one.reason for one in doubted]
    return Entered(bool(written), said)


def remove(
    engine: Engine, file: File, key: Row, by: str, through: Through = "command", seen: str | None = None
) -> None:
    """Have the row of this key stand no more; what followed from it stays. Raises as ``enter`` does."""
    with engine.begin() as session:
        others, now = _begin(session, file, key, by, through, seen)
        if now is None:
            raise InvalidInput(f"Nothing was changed: no such row of {file.filename} stands")
        left = ReferenceSet({file.name: others}, _referring(file), [], [])
        if wrong := [one for one in problems_with(left, session) if one.line == 0]:
            raise WrongRow(wrong)
        stage(session, file.table, _frame(file, key))
        if not held.run(session, "close_staged", file):
            raise InvalidInput("Nothing was changed: a system states this row, and would state it again")


def _begin(
    session: Session, file: File, key: Row, by: str, through: Through, seen: str | None
) -> tuple[pd.DataFrame, Row | None]:
    """The rows of other keys and that of this one, after it is sure that nobody changed what was seen."""
    if not by.strip():
        raise InvalidInput("say who enters it")
    if unknown := sorted(set(key) - set(file.column_names)):
        raise InvalidInput(
            f"{file.filename} has no column {unknown[0]}; it has {', '.join(file.column_names)}"
        )
    audit.by(session, by, through)
    db.rows(session, "reference/files.lock")
    stands = held.lines(session, file, file.column_names)
    stands.index = pd.RangeIndex(-1, -len(stands) - 1, -1)
    now = standing(session, file, key)
    if seen is not None and seen != version(now):
        raise InvalidInput(f"Nothing was changed: {_told(file, now)} by now. Look at it again")
    return stands.drop(index=_of_key(file, stands, key)), now


def _told(file: File, row: Row | None) -> str:
    if row is None:
        return "the row does not stand any more"
    said = [f"{name} {row[name]}" for name in file.column_names if name not in file.key and row[name]]
    return f"the row says {', '.join(said)}" if said else "the row stands"


def _of_key(file: File, rows: pd.DataFrame, key: Row) -> "pd.Index[int]":
    """Where the row of this key is."""
    found = rows
    for name in file.key:
        found = found[found[name] == key.get(name, "").strip()]
    return found.index


def _frame(file: File, row: Row) -> pd.DataFrame:
    """The row as reading its file would give it."""
    said = {name: value.strip() or None for name, value in row.items()}
    return with_defaults(file, pd.DataFrame(said, index=[_THE_ROW], dtype="str"))


def _referred(file: File) -> list[File]:
    """The files whose rows a row of this one names, or must not name."""
    named = {column.references for column in file.columns} | {
        column.not_a.partition(".")[0] for column in file.columns
    }
    return [one for one in FILES if one.name in named - {file.name}]


def _referring(file: File) -> list[File]:
    """The files whose rows name a row of this one."""
    return [
        one
        for one in FILES
        if one is not file and any(column.references == file.name for column in one.columns)
    ]
